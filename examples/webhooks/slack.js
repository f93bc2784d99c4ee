import { post, receive } from './receiver.js'

/** What a visitor's page says must not become a link or a mention (Slack, "Formatting text"). */
const plain = (text) =>
  String(text ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

receive(async ({ action, target, page_url, gclid, gbraid, wbraid }) => {
  const ad = (gclid ?? gbraid ?? wbraid) ? ' after a Google ad' : ''
  await post(process.env.SLACK_URL, {
    text: `${plain(action)}: ${plain(target)}${ad}\n${plain(page_url)}`,
  })
})
