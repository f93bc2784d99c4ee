import { createNodeProxy } from '@opsmantik/tracker/proxy/node'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** The first-party proxy, in `vite dev` and `vite preview`. In production it is your own server's: see ../proxy-*. */
const ops = () => {
  const mount = ({ middlewares }) => {
    middlewares.use(
      '/ops/call-event',
      createNodeProxy({
        siteId: '0123456789abcdef0123456789abcdef',
        secret: process.env.OPS_SECRET,
        consoleUrl: process.env.OPS_CONSOLE_URL ?? 'http://127.0.0.1:8787',
      }),
    )
  }
  return { name: 'ops', configureServer: mount, configurePreviewServer: mount }
}

export default defineConfig({ plugins: [vue(), ops()] })
