export { opsmantik } from './opsmantik.js'
export type {
  CallFilter,
  OpsmantikKit,
  ReceivedCall,
  ReceivedView,
  Refusal,
  Scenarios,
  Times,
} from './kit.js'
export type { OpsmantikOptions } from './options.js'
