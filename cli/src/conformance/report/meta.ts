import type { ProfileReport } from '../profiles.js'

/** Describes the run itself, for a report. */
export interface RunMeta {
  /** Version of the kit. */
  kit: string
  /** ISO 8601, UTC. */
  startedAt: string
  /** Milliseconds. */
  tookMs: number
  /** Requests that were sent. */
  requests?: number | undefined
  /** Names of the options that were given, without their values. */
  options: readonly string[]
  profiles: readonly ProfileReport[]
  /** The verdict in one or two sentences. */
  verdict: string
  /** Profiles that were required and are not conformant as a whole. */
  unmet: readonly { profile: string; reason: string }[]
}
