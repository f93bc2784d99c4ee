import { post, receive } from './receiver.js'

receive(async ({ occurred_at, action, target, page_url, gclid, gbraid, wbraid, value }, id) => {
  const said = await post(process.env.SHEET_URL, {
    key: process.env.SHEET_KEY,
    id,
    row: [occurred_at, action, target, page_url, gclid ?? gbraid ?? wbraid, value],
  })
  // Apps Script answers 200 whatever happened.
  if (said !== 'ok') throw new Error('the sheet did not take the call')
})
