import { WARNINGS, type HealthWarning, type WarningCode } from '@opsmantik/tracker/contract'
import { Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client'
import type { Limiter } from '../limits/limiter.js'

/** The outcome of a request: a refusal's code, or `matched`, `unmatched`, `noop`, `synced`, `preflight`, `ok`. */
export type RequestOutcome = string

interface Counted {
  endpoint: string
  code: RequestOutcome
  status: number
  count: number
}

export interface Metrics {
  request(endpoint: string, status: number, outcome: RequestOutcome, seconds: number): void
  /** Items that shared a statement. */
  batch(statement: string, size: number): void
  /** Returns the metrics in Prometheus' text format, version 0.0.4. */
  text(): Promise<string>
  contentType: string
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128]
const MODES = ['redis', 'memory', 'degraded'] as const

/** Counts that others keep. */
interface Sources {
  lostLogLines?: () => number
  /** Absent: there is no shared store. */
  storeOutages?: () => number
  upkeepFailures?: () => number
}

/** Figures about this process. No site, no origin, no address: what is scraped ends up on many screens. */
export const createMetrics = (
  limiterMode: Limiter['mode'],
  warnings: () => readonly HealthWarning[] = () => [],
  { lostLogLines, storeOutages, upkeepFailures }: Sources = {},
): Metrics => {
  const registry = new Registry()
  const add = <M extends Metric>(metric: M): M => {
    registry.registerMetric(metric)
    return metric
  }
  /**
   * By endpoint, outcome and status. Maps, because looking up a labelled counter costs more than the count; three of
   * them, because joining the three to one key does too.
   */
  const counts = new Map<string, Map<RequestOutcome, Map<number, number>>>()
  const counted = function* (): Generator<Counted> {
    for (const [endpoint, outcomes] of counts)
      for (const [code, statuses] of outcomes)
        for (const [status, count] of statuses) yield { endpoint, code, status, count }
  }

  add(
    new Counter({
      name: 'opsmantik_requests_total',
      help: 'Requests by endpoint, status and code (a refusal’s code, or what became of the event)',
      labelNames: ['endpoint', 'status', 'code'],
      registers: [],
      collect() {
        this.reset()
        for (const { endpoint, status, code, count } of counted())
          this.inc({ endpoint, status: String(status), code }, count)
      },
    }),
  )
  add(
    new Counter({
      name: 'opsmantik_refusals_total',
      help: 'Requests that were refused, by reason',
      labelNames: ['code'],
      registers: [],
      collect() {
        this.reset()
        for (const { status, code, count } of counted())
          if (status >= 400) this.inc({ code }, count)
      },
    }),
  )
  add(
    new Counter({
      name: 'opsmantik_duplicates_total',
      help: 'Call events that had been recorded already and were answered noop',
      registers: [],
      collect() {
        this.reset()
        for (const { code, count } of counted()) if (code === 'noop') this.inc(count)
      },
    }),
  )
  const latency = add(
    new Histogram({
      name: 'opsmantik_request_duration_seconds',
      help: 'Seconds from the first byte of a request’s head to its answer',
      labelNames: ['endpoint'],
      buckets: LATENCY_BUCKETS,
      registers: [],
    }),
  )
  const batches = add(
    new Histogram({
      name: 'opsmantik_batch_size',
      help: 'Requests that shared a statement',
      labelNames: ['statement'],
      buckets: BATCH_BUCKETS,
      registers: [],
    }),
  )
  add(
    new Gauge({
      name: 'opsmantik_limiter_mode',
      help: '1 for the way limits are counted now',
      labelNames: ['mode'],
      registers: [],
      collect() {
        for (const mode of MODES) this.set({ mode }, mode === limiterMode() ? 1 : 0)
      },
    }),
  )
  add(
    new Gauge({
      name: 'opsmantik_warning',
      help: '1 while health reports this warning',
      labelNames: ['code'],
      registers: [],
      collect() {
        const now = new Set(warnings().map(({ code }) => code))
        for (const code of Object.keys(WARNINGS) as WarningCode[])
          this.set({ code }, now.has(code) ? 1 : 0)
      },
    }),
  )
  const countOf = (name: string, help: string, read: () => number = () => 0): void => {
    const collect = function (this: Counter): void {
      this.reset()
      this.inc(read())
    }
    add(new Counter({ name, help, registers: [], collect }))
  }
  countOf(
    'opsmantik_log_lines_lost_total',
    'Log lines that could not be written: full disk, closed pipe, a reader that sleeps',
    lostLogLines,
  )
  countOf(
    'opsmantik_shared_store_outages_total',
    'Times that Redis went down, as this process saw it',
    storeOutages,
  )
  countOf(
    'opsmantik_upkeep_failures_total',
    'Attempts at work on the tables (months, retention, conversion) that failed',
    upkeepFailures,
  )
  add(
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes',
      registers: [],
      collect() {
        this.set(process.memoryUsage.rss())
      },
    }),
  )
  add(
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time in seconds',
      registers: [],
      collect() {
        const { user, system } = process.cpuUsage()
        this.reset()
        this.inc((user + system) / 1e6)
      },
    }),
  )
  /** By endpoint: prom-client sorts and joins the labels anew for each observation. */
  const latencies = new Map<string, ReturnType<typeof latency.labels>>()
  return {
    request: (endpoint, status, outcome, seconds) => {
      let outcomes = counts.get(endpoint)
      if (outcomes === undefined) counts.set(endpoint, (outcomes = new Map()))
      let statuses = outcomes.get(outcome)
      if (statuses === undefined) outcomes.set(outcome, (statuses = new Map()))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      let histogram = latencies.get(endpoint)
      if (histogram === undefined) latencies.set(endpoint, (histogram = latency.labels(endpoint)))
      histogram.observe(seconds)
    },
    batch: (statement, size) => batches.observe({ statement }, size),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
