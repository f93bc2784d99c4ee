import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  clientChecks,
  exitCode,
  findObstacle,
  formatObstacle,
  formatText,
  judgeRun,
  Limited,
  NotSeen,
  openProxy,
  openServer,
  parseProfiles,
  profileOf,
  proxyChecks,
  readBaseline,
  reportProfiles,
  runChecks,
  serverChecks,
  unmet,
  verdictSentence,
  type Check,
  type Obstacle,
  type Profile,
  type Result,
  type RunMeta,
  type ServerOptions,
  type Traces,
} from '../conformance/index.js'
import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import { VERSION } from '../version.js'
import { playConsole } from '../conformance/node/console.js'
import { driveBrowser } from '../conformance/node/drive-browser.js'
import { driveCommand } from '../conformance/node/drive-command.js'
import { playServer } from '../conformance/node/played-server.js'
import { converse } from '../probe/node/converse.js'
import { runCommand } from '../conformance/node/run-command.js'
import { connect } from '../probe/node/websocket.js'
import { formatOf, formatRun, writeReports, type Finished } from './conformance-output.js'
import { HELP } from './conformance-help.js'
import { CannotRun, listOf, numberOf, originOf, secretFrom, urlOf, Usage } from './usage.js'

const OPTIONS = {
  'site-id': { type: 'string' },
  'secret-env': { type: 'string' },
  'next-secret-env': { type: 'string' },
  'other-site-id': { type: 'string' },
  'other-secret-env': { type: 'string' },
  'trusted-proxy-hops': { type: 'string' },
  'live-token-env': { type: 'string' },
  'restart-command': { type: 'string' },
  'read-command': { type: 'string' },
  wait: { type: 'string' },
  profile: { type: 'string', multiple: true },
  require: { type: 'string', multiple: true },
  output: { type: 'string', multiple: true },
  'peer-url': { type: 'string' },
  origin: { type: 'string' },
  'sync-url': { type: 'string' },
  'further-origin': { type: 'string' },
  'listen-port': { type: 'string' },
  'listen-host': { type: 'string' },
  command: { type: 'string' },
  script: { type: 'string' },
  mode: { type: 'string' },
  slow: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  junit: { type: 'boolean' },
  tap: { type: 'boolean' },
  markdown: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  baseline: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** Holds the findings of a run, before it is judged. */
interface Ran {
  target: string
  results: Result[]
  traces?: string
  requests?: number
}

const progress = (result: Result, done: number, all: number): void => {
  if (!process.stderr.isTTY) return
  const line = `${done}/${all} ${result.id}`
  process.stderr.write(`\r\u001b[2K${done === all ? '' : line}`)
}

/** A run that stops before its first check. */
class Stopped extends Error {
  constructor(
    readonly obstacle: Obstacle,
    readonly target: string,
  ) {
    super(obstacle.message)
  }
}

/** Checks wait side by side; each reason is said once. */
const createWait = (): ((seconds: number, reason: string) => Promise<void>) => {
  const said = new Set<string>()
  return async (seconds, reason) => {
    if (!said.has(reason)) process.stderr.write(`Waiting for ${seconds} s: ${reason}.\n`)
    said.add(reason)
    await sleep(seconds * 1_000)
  }
}

const runOptions = (values: Values, atOnce?: number) => ({
  only: listOf(values.only),
  skip: listOf(values.skip),
  onResult: progress,
  atOnce,
})

/** What calls itself production is written to only by somebody who has said so. */
const askBeforeProduction = async (url: string, yes: boolean | undefined): Promise<void> => {
  if (yes) return
  const { hostname } = new URL(url)
  let said: unknown
  try {
    const health = await fetch(url + '/api/health', { signal: AbortSignal.timeout(5_000) })
    said = Object(await health.json()).environment
  } catch {
    // Nothing that says what it is; its name has to do.
  }
  const isLocal = /^(localhost|127\.|\[::1\])/.test(hostname)
  if (said === undefined ? isLocal : said !== 'production') return
  const why =
    said === 'production' ? `${url} says that it is production` : `${url} is not on this machine`
  if (!process.stdin.isTTY)
    throw new Usage(`${why}. The run leaves some hundred rows there; say --yes if that is meant`)
  const question = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await question.question(
    `${why}. The run leaves some hundred rows there. Go on? [y/N] `,
  )
  question.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new CannotRun('Nothing was sent.')
}

/** Polls until something answers at the URL, whatever it is. @throws CannotRun if nothing does in time */
const waitFor = async (url: string, seconds: number): Promise<void> => {
  const deadline = Date.now() + seconds * 1_000
  for (;;) {
    try {
      await fetch(url + '/api/health', { signal: AbortSignal.timeout(2_000) })
      return
    } catch {
      if (Date.now() > deadline)
        throw new CannotRun(`nothing answered at ${url} within ${seconds} s`)
      await sleep(250)
    }
  }
}

/** Leaves out the checks of the profiles that were not asked for. */
const ofProfiles = <Target>(
  checks: readonly Check<Target>[],
  profiles: readonly Profile[] | undefined,
): readonly Check<Target>[] =>
  profiles ? checks.filter(({ id }) => profiles.includes(profileOf(id))) : checks

const profilesOf = (values: Values): Profile[] | undefined =>
  values.profile && parseProfiles(values.profile)

/** Milliseconds for one of the commands that the user names. */
const COMMAND_LIMIT_MS = 90_000

const runServer = async (url: string, values: Values): Promise<Ran> => {
  const target = urlOf(url, 'the server’s URL')
  const seconds = numberOf(values.wait, '--wait')
  if (seconds !== undefined) await waitFor(target, seconds)
  await askBeforeProduction(target, values.yes)
  const profiles = profilesOf(values)
  const restart = values['restart-command']
  const read = values['read-command']
  const told: ServerOptions = {
    url: target,
    origin: originOf(values.origin),
    siteId: values['site-id'],
    secret: secretFrom(values['secret-env'], '--secret-env'),
    nextSecret: secretFrom(values['next-secret-env'], '--next-secret-env'),
    otherSiteId: values['other-site-id'],
    otherSecret: secretFrom(values['other-secret-env'], '--other-secret-env'),
    trustedProxyHops: numberOf(values['trusted-proxy-hops'], '--trusted-proxy-hops'),
    peerUrl: values['peer-url'] && urlOf(values['peer-url'], '--peer-url'),
    liveToken: secretFrom(values['live-token-env'], '--live-token-env'),
    connect,
    converse,
    slow: values.slow,
    withoutSync: profiles && !profiles.includes('sync'),
    restart: restart
      ? async () => void (await runCommand(restart, {}, COMMAND_LIMIT_MS))
      : undefined,
    readRows: read
      ? (fingerprint) => runCommand(read, { OPS_FINGERPRINT: fingerprint }, COMMAND_LIMIT_MS)
      : undefined,
  }
  const wait = createWait()
  const targetFor = await openServer(told).catch(async (error: unknown) => {
    if (error instanceof NotSeen)
      throw new Stopped({ code: 'UNREACHABLE', message: error.message }, target)
    if (!(error instanceof Limited)) throw error
    await wait(error.seconds, error.message)
    return openServer(told)
  })
  // Anyone who names checks wants to see these.
  if (!values.only) {
    const isWithoutLimits =
      (listOf(values.skip)?.includes('limit') ?? false) ||
      (profiles !== undefined && !profiles.includes('limits'))
    const obstacle = await findObstacle(targetFor('obstacle'), { isWithoutLimits, wait })
    if (obstacle) throw new Stopped(obstacle, target)
  }
  const { traces } = targetFor('report')
  const checks = ofProfiles(serverChecks, profiles)
  const results = await runChecks(checks, targetFor, { ...runOptions(values), wait })
  return { target, results, traces: tell(traces), requests: traces.requests }
}

const tell = ({ calls, views, requests }: Traces): string =>
  calls + views === 0
    ? `The run sent ${requests} requests and left no row.`
    : `The run sent ${requests} requests and left about ${calls} call events and ${views} page views. To remove them:\n` +
      ['calls', 'sync_events', 'sessions']
        .map((table) => `  delete from public.${table} where fingerprint like 'conformance-%';`)
        .join('\n')

const runProxy = async (url: string | undefined, values: Values): Promise<Ran> => {
  const target = urlOf(url, 'the proxy’s URL')
  const siteId = values['site-id']
  if (!siteId) throw new Usage('--site-id is missing: the site that the proxy serves')
  const port = numberOf(values['listen-port'], '--listen-port') ?? 8799
  const played = await playConsole(port, values['listen-host'])
  try {
    process.stderr.write(
      `The kit plays the console at ${played.url}; the proxy has to have that as its console URL.\n`,
    )
    const targetFor = openProxy({
      url: target,
      siteId,
      console: played,
      syncUrl: values['sync-url'] && urlOf(values['sync-url'], '--sync-url'),
      origin: originOf(values.origin),
      furtherOrigin: originOf(values['further-origin'], '--further-origin'),
      secret: secretFrom(values['secret-env'], '--secret-env'),
    })
    return { target, results: await runChecks(proxyChecks, targetFor, runOptions(values)) }
  } finally {
    await played.close()
  }
}

const runClient = async (values: Values): Promise<Ran> => {
  const { command, script, mode = 'proxy' } = values
  if (mode !== 'proxy' && mode !== 'signed')
    throw new Usage(`--mode should be signed or proxy, got ${JSON.stringify(mode)}`)
  if (!command === !script) throw new Usage('either --command or --script has to say what is tried')
  const port = numberOf(values['listen-port'], '--listen-port') ?? 8798
  const browser = script ? await driveBrowser(script) : undefined
  const played = await playServer(mode, browser ? browser.drive : driveCommand(command!), {
    port,
    pages: browser?.pages,
  })
  try {
    if (browser) {
      process.stderr.write(`Open ${played.url}/ in the browser that is to be tried.\n`)
      await browser.opened
    }
    const results = await runChecks(clientChecks, () => played.client, {
      // Four of them do nothing but wait for more than a minute.
      ...runOptions(values, browser ? 7 : 10),
      limit: 200_000,
    })
    return { target: command ?? script!, results }
  } finally {
    await played.close()
  }
}

const list = (checks: readonly Check<never>[]): string =>
  checks
    .map(
      ({ id, level, section, title }) =>
        `${id.padEnd(34)} ${level.padEnd(6)} ${String(section).padStart(2)}  ${profileOf(id).padEnd(7)}  ${title}`,
    )
    .join('\n') + '\n'

const checksOf = (what: string | undefined): readonly Check<never>[] =>
  what === 'proxy' ? proxyChecks : what === 'client' ? clientChecks : serverChecks

/** @returns the exit code */
export const conformance = async (args: string[]): Promise<number> => {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [what, url] = positionals
  if (values.list) {
    process.stdout.write(list(checksOf(what)))
    return 0
  }
  if (values.help || what === undefined) {
    process.stdout.write(HELP)
    return values.help ? 0 : 2
  }
  const baseline = values.baseline ? readBaseline(readFileSync(values.baseline, 'utf8')) : []
  const required = values.require ? parseRequired(values.require) : []
  for (const file of values.output ?? []) formatOf(file)
  const startedAt = new Date()
  let ran: Ran
  try {
    ran =
      what === 'proxy'
        ? await runProxy(url, values)
        : what === 'client'
          ? await runClient(values)
          : await runServer(what, values)
  } catch (error) {
    if (error instanceof Stopped) {
      if (!values.json) throw new CannotRun(error.message)
      process.stdout.write(formatObstacle(error.obstacle, error.target))
      return 2
    }
    if (error instanceof Limited) throw new CannotRun(error.message)
    if (error instanceof RangeError) throw new Usage(error.message)
    if (error instanceof NotSeen) throw new CannotRun(error.message)
    throw error
  }
  const { results, target, traces, requests } = ran
  const isWhole = !values.only && !values.skip && !values.profile
  const judgement = judgeRun(results, baseline, isWhole)
  const profiles = reportProfiles(results)
  const meta: RunMeta = {
    kit: VERSION,
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    requests,
    options: Object.keys(values),
    profiles,
    verdict: verdictSentence(profiles, CONTRACT_VERSION),
    unmet: unmet(profiles, required),
  }
  const code = exitCode(judgement, results, meta.unmet)
  const finished: Finished = { target, results, judgement, meta, code }
  const format = (['json', 'junit', 'tap', 'markdown'] as const).find((name) => values[name])
  const color = process.stdout.isTTY === true
  process.stdout.write(
    format
      ? formatRun(format, finished)
      : formatText(results, { target, judgement, traces, color, meta }),
  )
  writeReports(values.output ?? [], finished)
  return code
}

/** @throws Usage for a name that no profile has */
const parseRequired = (names: readonly string[]): Profile[] => {
  try {
    return parseProfiles(names)
  } catch (error) {
    throw new Usage(`--require: ${(error as Error).message}`)
  }
}
