import { post, receive } from './receiver.js'

// Resend's API; other providers take the same in other words.
const url = process.env.EMAIL_API_URL ?? 'https://api.resend.com/emails'

receive(async ({ action, target, page_url, occurred_at }, id) => {
  await post(
    url,
    {
      from: process.env.EMAIL_FROM,
      to: process.env.EMAIL_TO,
      subject: `New call: ${action ?? 'unknown'}`,
      text: `${target ?? ''}\n${page_url ?? ''}\n${occurred_at}`,
    },
    // A call that comes again after a restart of this process is not mailed twice.
    { Authorization: `Bearer ${process.env.EMAIL_API_KEY}`, 'Idempotency-Key': id },
  )
})
