import type { RequestContext, Verdict } from '../http/request-context.js'

/**
 * One check of a request. The order is a list of these (`app.ts`); traces, the live console and the documentation take
 * their names and notes from here.
 */
export interface Step {
  /** In a few words, as the live console shows it. */
  name: string
  /** The contract's section; `5.6` is the sixth check of section 5. */
  section: string
  /** Ends the request with an answer, or lets the next step run. A promise only if it has to wait. */
  run(context: RequestContext): Verdict | Promise<Verdict>
  /** Says in a few words what the step looked at or found. */
  note?(context: RequestContext, isStopped: boolean): string | undefined
  /** Says why the step does not apply to this request. */
  skipped?(context: RequestContext): string | undefined
}
