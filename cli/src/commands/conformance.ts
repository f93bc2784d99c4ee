import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  clientChecks,
  exitCode,
  formatObstacle,
  formatText,
  judgeRun,
  Limited,
  NotSeen,
  parseProfiles,
  profileOf,
  proxyChecks,
  readBaseline,
  reportProfiles,
  serverChecks,
  unmet,
  verdictSentence,
  type Check,
  type Profile,
  type RunMeta,
} from '../conformance/index.js'
import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import { VERSION } from '../version.js'
import { runClient } from './conformance-client.js'
import { HELP } from './conformance-help.js'
import { OPTIONS } from './conformance-options.js'
import { formatOf, formatRun, writeReports, type Finished } from './conformance-output.js'
import { runProxy } from './conformance-proxy.js'
import type { Ran } from './conformance-ran.js'
import { runServer, Stopped } from './conformance-server.js'
import { CannotRun, Usage } from './usage.js'

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
