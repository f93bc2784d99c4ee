import { defineConfig } from '@playwright/test'

const shop = `http://127.0.0.1:${process.env.SHOP_PORT ?? 3000}`
const console = `http://127.0.0.1:${process.env.CONSOLE_PORT ?? 8787}`
const secret = 'a-secret-of-24-characters'

export default defineConfig({
  testDir: 'tests',
  reporter: 'line',
  metadata: { console },
  use: {
    baseURL: shop,
    launchOptions: { executablePath: process.env.CHROMIUM_PATH, args: ['--no-sandbox'] },
  },
  webServer: [
    {
      command: 'reference-server',
      url: `${console}/api/health`,
      env: {
        PORT: new URL(console).port,
        DATA_DIR: 'memory:',
        INSPECT: '1',
        SEED_SITES: `0123456789abcdef0123456789abcdef:${secret}`,
      },
    },
    {
      command: 'node shop.js',
      url: shop,
      env: { PORT: new URL(shop).port, OPS_SECRET: secret, OPS_CONSOLE_URL: console },
    },
  ],
})
