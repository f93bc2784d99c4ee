export { FINDING_IDS, type FindingId } from './findings/ids.js'
export { diagnose } from './diagnose.js'
export { formatDiagnosis } from './report/format.js'
export type { Diagnosis, DoctorOptions, Finding, Severity, Whose } from './types.js'
