/** One thing that happened in a namespace. `n` counts from 1. */
export interface InspectionEntry {
  n: number
  /** Milliseconds since the epoch, by the namespace's clock. */
  at: number
  outcome: 'recorded' | 'repeated' | 'synced' | 'refused'
  endpoint: string
  status: number
  /** With `refused`: why, and what to do about it. */
  code?: string
  hint?: string
  /** With `refused`: the step of contract section 5 that stopped it. */
  step?: { number?: number; name: string }
  /** The request's body as parsed JSON, or as text if it is not JSON. */
  body: unknown
  headers: Record<string, string>
  answer: unknown
}
