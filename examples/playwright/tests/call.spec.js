import { expect, test } from '@playwright/test'

test('a visitor presses the number, and the call is recorded once', async ({ page, context }, {
  config,
}) => {
  const live = await context.newPage()
  await live.goto(config.metadata.console)
  await page.goto('/')

  const answered = page.waitForResponse('**/ops/call-event')
  await page.getByRole('link', { name: '0500 000 01 07' }).click()
  const answer = await (await answered).json()
  expect(answer).toMatchObject({ status: 'unmatched', call_id: expect.any(String) })

  // What was delivered does not come again with the next page.
  await page.reload()
  await page.waitForFunction(() => window.opsmantik)
  await page.evaluate(() => window.opsmantik.flush())
  await expect(live.getByText('+905000000107')).toHaveCount(1)
})
