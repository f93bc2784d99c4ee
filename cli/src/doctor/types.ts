import type { Obstacle } from '../conformance/server/find-obstacle.js'
import type { FindingId } from './findings/ids.js'

/** The options that the person on call sets. */
export interface DoctorOptions {
  /** Base URL of the ingestion server, such as `https://console.example.com`. */
  consoleUrl: string
  /** Origin of the customer's page, as the browser sends it, such as `https://www.customer.com`. */
  origin: string
  /** Origins that the page had before its domain changed. The report then says whether the list still holds them. */
  oldOrigins?: readonly string[] | undefined
  /** Where the page's tracker sends to (`data-ops-proxy-url`); a path counts from the origin. */
  proxyUrl?: string | undefined
  /** The site's UUID or 32-hex public id. Needed to look at the secret, and to look through the proxy. */
  siteId?: string | undefined
  /** Name of the environment variable that holds the site's secret. The secret itself is never an option. */
  secretEnv?: string | undefined
  /** Name of the environment variable that holds the live feed's token. */
  liveTokenEnv?: string | undefined
  /** Where the two names are looked up. Default: `process.env`. */
  env?: Record<string, string | undefined> | undefined
  /** Certificates (PEM) of an authority of your own, for a console that is not public. */
  ca?: string | undefined
  /** Unix time in milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
}

export type Severity = 'error' | 'warning' | 'ok'

/** Who has to change something. */
export type Whose =
  'customer page' | 'allowlist' | 'gateway' | 'secret' | 'clock' | 'network' | 'server' | 'proxy'

export interface Finding {
  /** Permanent, kebab-case: runbooks and alerts name it. */
  id: FindingId
  severity: Severity
  /** One sentence in plain words. */
  title: string
  /** The responses, and the requests that they belong to. */
  seen: string
  /** The request as a line for a shell; a secret stands in it as the name of its variable. */
  request: string | null
  whose: Whose | null
  /** First the line to add or change, then what else there is to know. */
  fix: string | null
  /** A command that verifies the fix, and the output that it should print. */
  check: string | null
}

export interface Diagnosis {
  /** 0: fine, perhaps with warnings; 1: at least one error; 2: the doctor could not run, see `problems`. */
  exitCode: 0 | 1 | 2
  /** One sentence for the person on call. */
  verdict: string
  /**
   * The one fact that explains most of what follows, found by the conformance kit's preliminary check: unreachable, another
   * origin, another secret, signing off, a limit too small. Null if there is none.
   */
  obstacle: Obstacle | null
  consoleUrl: string
  origin: string
  proxyUrl: string | null
  /** ISO 8601. */
  at: string
  tookMs: number
  /** Errors first, then warnings, then what was found good. */
  findings: Finding[]
  /** With exit code 2: what is wrong with the arguments. */
  problems: string[]
}

/** One look's part of a finding: those with the same id become one. */
export interface Symptom extends Omit<Finding, 'seen' | 'request' | 'check' | 'whose' | 'fix'> {
  /** Such as `POST /api/sync`; empty where the finding is about the whole. */
  where: string
  saw: string
  request?: string
  whose?: Whose
  fix?: string
  check?: string
}
