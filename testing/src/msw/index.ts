export type { CallFilter } from '../calls.js'
export { opsmantik } from './opsmantik.js'
export type { OpsmantikKit, ReceivedCall, ReceivedView, Refusal, Scenarios, Times } from './kit.js'
export type { OpsmantikOptions } from './options.js'
