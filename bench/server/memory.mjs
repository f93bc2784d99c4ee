// This server on its memory store: every check, no database.
// A computed name: the types of what is built are not there before it is built.
const built = new URL('../../server-reference/dist/index.js', import.meta.url)
const {
  createApp,
  createHttpServer,
  createLogger,
  createMemoryWorld,
  createMetrics,
  nodeDigests,
  OriginPolicy,
} = await import(built.href)

const { SITE = '', SITE_UUID = '', SECRET = '' } = process.env
const many = 1_000_000_000
const world = createMemoryWorld({
  sites: [{ id: SITE_UUID, publicId: SITE, secrets: [SECRET] }],
  origins: new OriginPolicy([{ origin: 'https://www.shop.example', until: null }]),
  limits: { coarse: many, v1: many, v2: many, sync: many, address: many, site: many, share: many },
  digests: nodeDigests,
  log: createLogger('info', true),
  metrics: createMetrics(() => 'memory'),
})
const server = createHttpServer(createApp(world), world.origins)
process.once('SIGINT', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`ready: http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
