import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const conditions = ['opsmantik-source']

/** Tests that start the built server, or the commands, in processes of their own. */
const PROCESS = ['cli', 'process', 'secrets'].map((name) => `server-reference/src/${name}.test.ts`)
/** Tests of thousands of inputs, or of the embedded database's start. */
const LONG = ['fuzz', 'handler', 'store/embedded'].map(
  (name) => `server-reference/src/${name}.test.ts`,
)
/** What `npm test` runs of the browser tests: the main job, and the tracker's promises to the page. */
const MAIN_JOB = ['demo', 'page'].map((name) => `test/browser/${name}.test.ts`)

type Test = NonNullable<TestProjectInlineConfiguration['test']>

const project = (
  name: string,
  include: string[],
  options: Test = {},
): TestProjectInlineConfiguration => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name,
    include,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The default of one second fails on a machine that is busy with something else.
    expect: { poll: { timeout: 20_000 } },
    ...options,
  },
})

/** One file after the other: each has browsers, servers or databases of its own, and two cores. */
const alone = (...globalSetup: string[]): Test => ({
  globalSetup,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  fileParallelism: false,
})
const BUILD = 'test/support/build.ts'
const BUILD_AND_BROWSER = 'test/support/prepare.ts'

export default defineConfig({
  test: {
    projects: [
      // npm test
      project(
        'unit',
        [
          '{,server-reference/,testing/,cli/}src/**/*.test.ts',
          '{scripts,test/architecture}/**/*.test.ts',
        ],
        {
          exclude: [...PROCESS, ...LONG],
        },
      ),
      project('sim', ['test/sim/**/*.test.ts'], { testTimeout: 300_000 }),
      // Beside the others: browsers wait more than they compute.
      project('browser', MAIN_JOB, { ...alone(BUILD_AND_BROWSER), fileParallelism: true }),

      // npm run test:all
      project(
        'tools',
        [
          'test/conformance/**/*.test.ts',
          'test/doctor/**/*.test.ts',
          'test/e2e/**/*.test.ts',
          'test/msw/*.test.ts',
          'examples/msw-vitest/*.test.js',
          ...LONG,
        ],
        { testTimeout: 120_000, hookTimeout: 60_000 },
      ),
      project('process', PROCESS, { ...alone(BUILD), testTimeout: 90_000 }),
      project(
        'pages',
        ['test/browser/**/*.test.ts', 'test/package/**/*.test.ts', 'test/msw/built/**/*.test.ts'],
        { ...alone(BUILD_AND_BROWSER), exclude: MAIN_JOB },
      ),
      project('engines', ['test/engines/**/*.test.ts'], alone(BUILD_AND_BROWSER)),
      project('examples', ['test/examples/**/*.test.ts'], {
        ...alone(BUILD_AND_BROWSER, 'test/examples/support/prepare.ts'),
        testTimeout: 120_000,
      }),
      project('starters', ['test/starters/**/*.test.ts'], {
        ...alone(BUILD_AND_BROWSER, 'test/starters/support/prepare.ts'),
        testTimeout: 600_000,
        hookTimeout: 180_000,
      }),
      project('services', ['test/services/**/*.test.ts'], {
        ...alone(BUILD),
        testTimeout: 120_000,
      }),
      project('attacks', ['test/attacks/**/*.test.ts'], {
        ...alone('test/attacks/support/prepare.ts'),
        hookTimeout: 120_000,
      }),
      project('docs', ['test/docs/**/*.test.ts'], alone('test/docs/support/prepare.ts')),
      project(
        'wordpress',
        ['test/wordpress/**/*.test.ts'],
        alone(BUILD_AND_BROWSER, 'test/wordpress/support/prepare.ts'),
      ),
    ],
  },
})
