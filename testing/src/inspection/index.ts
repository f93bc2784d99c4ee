export type { InspectionEntry, InjectedFault } from '@opsmantik/reference-server/memory'
export type { CallFilter } from '../calls.js'
export { openNamespace, type Namespace, type NamespaceOptions } from './namespace.js'
