import { expect, test } from 'vitest'
import { ShopVisitor, until } from '../support/shop-visitor.js'

const visitor = new ShopVisitor()

test.each(['proxy', 'signed'] as const)(
  'of 100 presses that navigate away at once, to another site, in %s mode 100 arrive',
  { timeout: 120_000 },
  async (mode) => {
    const page = await visitor.open(visitor.world.shops[mode].url)
    for (let i = 0; i < 100; i++) {
      if (i) await page.goto(visitor.world.shops[mode].url)
      await page.evaluate(
        ([elsewhere, name]) => {
          const link = document.querySelector<HTMLAnchorElement>('#book')!
          link.href = elsewhere!
          link.dataset['opsTarget'] = name!
        },
        [visitor.world.shops.noop.url, `press-${i}`],
      )
      await page.click('#book')
      await page.waitForURL(visitor.world.shops.noop.url)
    }
    await page.goto(visitor.world.shops[mode].url)
    await until(async () => (await visitor.held(page)) === 0)
    const targets = (await visitor.recorded()).map(({ target }) => target)
    expect(new Set(targets).size).toBe(100)
    expect(targets).toHaveLength(100)
    // A page that is left gets no response; a later page sends each such event once more, not repeatedly.
    expect(visitor.deliveries.length).toBeLessThanOrEqual(250)
    console.log(`${mode}: ${visitor.deliveries.length} visitor.deliveries for 100 presses`)
  },
)
