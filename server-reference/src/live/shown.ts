import { CALL_EVENT_V1, CALL_EVENT_V2, LIVE, SYNC } from '@opsmantik/tracker/contract'

/** Paths whose refusals the console shows. */
export const SHOWN = new Set<string>([CALL_EVENT_V1, CALL_EVENT_V2, SYNC, LIVE])
