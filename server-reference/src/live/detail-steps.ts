import type { RequestContext } from '../http/request-context.js'
import type { Step } from '../steps/step.js'
import type { DetailStep } from './detail.js'

/** One step that ran. */
export interface Pass {
  step: Step
  ms: number
}

/** Step 1 is the router's: it has no step object unless it refuses. */
const METHOD = { name: 'Method and path', section: '5.1' }

/** Returns what became of each step, in the order of the list. Steps with one section are one row. */
export const stepsOf = (
  context: RequestContext,
  steps: readonly Step[],
  passes: readonly Pass[],
): DetailStep[] => {
  const end = passes.at(-1)?.step.section
  const isRouted = steps[0]?.name !== METHOD.name
  const isEvent = steps.some(({ section }) => section.startsWith('5.'))
  const rows = [...new Set(steps.map(({ section }) => section))]
  const endsAt = end === undefined ? rows.length : rows.indexOf(end)
  const shown = rows.map((section, index) => {
    const parts = steps.filter((step) => step.section === section)
    const row = { ...numberOf(section), name: parts[0]!.name }
    if (index > endsAt) return { ...row, result: 'not reached' as const }
    return {
      ...row,
      ...become(context, parts, passes, index === endsAt),
    }
  })
  if (!isRouted) return shown
  const note = `${context.method} ${context.path}`
  const routed = { ...(isEvent && numberOf(METHOD.section)), name: METHOD.name }
  return [{ ...routed, result: 'passed', note }, ...shown]
}

const become = (
  context: RequestContext,
  parts: readonly Step[],
  passes: readonly Pass[],
  isEnd: boolean,
): Pick<DetailStep, 'result' | 'note' | 'ms'> => {
  const isStopped = isEnd && context.refusal !== undefined
  const skipped = isStopped ? undefined : parts[0]!.skipped?.(context)
  if (skipped !== undefined) return { result: 'skipped', note: skipped }
  const note = parts[0]!.note?.(context, isStopped)
  const ran = passes.filter(({ step }) => parts.includes(step))
  return {
    result: isStopped ? 'stopped' : isEnd ? 'answered' : 'passed',
    ...(note !== undefined && { note }),
    ...(ran.length > 0 && { ms: ran.reduce((sum, { ms }) => sum + ms, 0) }),
  }
}

/** Returns the number of a check of section 5, which numbers them. */
const numberOf = (section: string): { number?: number } =>
  section.startsWith('5.') ? { number: Number(section.slice(2)) } : {}
