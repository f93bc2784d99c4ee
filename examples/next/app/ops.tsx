'use client'

import { createTracker } from '@opsmantik/tracker'
import { useEffect } from 'react'

const options = {
  siteId: '0123456789abcdef0123456789abcdef',
  proxyUrl: '/ops/call-event',
  syncUrl: '/ops/call-event',
}

export function Ops() {
  useEffect(() => {
    const tracker = createTracker(options)
    return () => tracker.destroy()
  }, [])
  return null
}
