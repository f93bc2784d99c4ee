// This server on its memory store: every check, no database.
// A computed name: the types of what is built are not there before it is built.
const built = new URL('../../server-reference/dist/index.js', import.meta.url)
const {
  createApp,
  createFeed,
  createHttpServer,
  createLogger,
  createMemoryLimiter,
  createMemoryReplayCache,
  createMemoryStore,
  createMetrics,
  nodeDigests,
  OriginPolicy,
} = await import(built.href)

const { SITE = '', SITE_UUID = '', SECRET = '' } = process.env
const many = 1_000_000_000
const limiter = createMemoryLimiter({
  coarse: many,
  v1: many,
  v2: many,
  sync: many,
  address: many,
  site: many,
  share: many,
})
const origins = new OriginPolicy([{ origin: 'https://www.shop.example', until: null }])
const server = createHttpServer(
  createApp({
    origins,
    limiter,
    replay: createMemoryReplayCache(),
    store: createMemoryStore(
      [{ id: SITE_UUID, publicId: SITE, secrets: [SECRET] }],
      Date.now,
      nodeDigests.hmacSha256,
    ),
    feed: createFeed(),
    log: createLogger('info', true),
    metrics: createMetrics(limiter.mode),
    sha256: nodeDigests.sha256,
    now: Date.now,
    signingDisabled: false,
    trustedHops: 0,
    liveToken: null,
    metricsToken: null,
    host: '127.0.0.1',
    console: false,
    warnings: [],
  }),
  origins,
)
process.once('SIGINT', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`ready: http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
