import { createTracker } from '@opsmantik/tracker'
import { useEffect } from 'react'

const options = { siteId: '0123456789abcdef0123456789abcdef', proxyUrl: '/ops/call-event' }

export function App() {
  useEffect(() => {
    const tracker = createTracker(options)
    return () => tracker.destroy()
  }, [])
  return (
    <p>
      Call us: <a href="tel:+905000000102">0500 000 01 02</a>
    </p>
  )
}
