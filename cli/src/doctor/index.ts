export { diagnose } from './diagnose.js'
export { formatDiagnosis } from './format.js'
export type { Diagnosis, DoctorOptions, Finding, Severity, Whose } from './types.js'
