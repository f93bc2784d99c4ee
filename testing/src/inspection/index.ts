export type { Entry, Fault } from '@opsmantik/reference-server/memory'
export { openNamespace, type Filter, type Namespace, type NamespaceOptions } from './namespace.js'
