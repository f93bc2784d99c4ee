import { expect } from 'vitest'
import {
  diagnose,
  type Diagnosis,
  type DoctorOptions,
  type Finding,
} from '../../../cli/src/doctor/index.js'
import { ORIGIN } from './server.js'

export const examine = (
  consoleUrl: string,
  more: Partial<DoctorOptions> = {},
): Promise<Diagnosis> => diagnose({ consoleUrl, origin: ORIGIN, ...more })

export const errorsOf = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ severity }) => severity === 'error').map(({ id }) => id)

export const warningsOf = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ severity }) => severity === 'warning').map(({ id }) => id)

export const finding = (diagnosis: Diagnosis, id: string): Finding => {
  const found = diagnosis.findings.find((one) => one.id === id)
  if (found === undefined)
    throw new Error(`no ${id} among ${diagnosis.findings.map((one) => one.id).join(', ')}`)
  return found
}

/** Expects exactly these errors, the first of which is the verdict's. */
export const expectErrors = (diagnosis: Diagnosis, ...ids: string[]): Finding => {
  expect(errorsOf(diagnosis), JSON.stringify(diagnosis.findings, null, 1)).toEqual(ids)
  expect(diagnosis.exitCode).toBe(1)
  const first = finding(diagnosis, ids[0]!)
  expect(diagnosis.verdict).toContain(first.title)
  for (const id of ids) {
    const one = finding(diagnosis, id)
    expect(one.whose).not.toBeNull()
    expect(one.fix).toBeTruthy()
    expect(one.seen).toBeTruthy()
    expect(one.request).toContain('curl -sS')
    expect(one.check).toBeTruthy()
  }
  expect(diagnosis.tookMs).toBeLessThan(10_000)
  return first
}
