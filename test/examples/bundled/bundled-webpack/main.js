import { createTracker } from '@opsmantik/tracker'

createTracker({ siteId: '0123456789abcdef0123456789abcdef', proxyUrl: '/ops/call-event' })
