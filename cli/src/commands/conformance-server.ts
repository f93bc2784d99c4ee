import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  findObstacle,
  Limited,
  NotSeen,
  openServer,
  parseProfiles,
  profileOf,
  runChecks,
  serverChecks,
  type Check,
  type Obstacle,
  type Profile,
  type ServerOptions,
  type Traces,
} from '../conformance/index.js'
import { runCommand } from '../conformance/node/run-command.js'
import { converse } from '../probe/node/converse.js'
import { connect } from '../probe/node/websocket.js'
import type { Values } from './conformance-options.js'
import { runOptions, type Ran } from './conformance-ran.js'
import { CannotRun, numberOf, originOf, patternsOf, secretFrom, urlOf, Usage } from './usage.js'

/** A run that stops before its first check. */
export class Stopped extends Error {
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

/** Refuses to write to a server that calls itself production, unless the command says that it may. */
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

/** Judges a server. */
export const runServer = async (url: string, values: Values): Promise<Ran> => {
  const target = urlOf(url, 'the server’s URL')
  const seconds = numberOf(values.wait, '--wait')
  if (seconds !== undefined) await waitFor(target, seconds)
  await askBeforeProduction(target, values.yes)
  const profiles = profilesOf(values)
  const restart = values['restart-command']
  const read = values['read-command']
  const known: ServerOptions = {
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
    siteToken: secretFrom(values['site-token-env'], '--site-token-env'),
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
  const targetFor = await openServer(known).catch(async (error: unknown) => {
    if (error instanceof NotSeen)
      throw new Stopped({ code: 'UNREACHABLE', message: error.message }, target)
    if (!(error instanceof Limited)) throw error
    await wait(error.seconds, error.message)
    return openServer(known)
  })
  // Anyone who names checks wants to see these.
  if (!values.only) {
    const isWithoutLimits =
      (patternsOf(values.skip)?.includes('limit') ?? false) ||
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
