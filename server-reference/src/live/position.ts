/** A place in the order of calls: when the row was inserted, by the database's clock, and which call it was. */
export interface Position {
  /** Microseconds since the epoch. */
  us: number
  /** Null: a message that is not a call, whose time is that of its process. */
  callId: string | null
}

const POSITION = /^(\d{1,16})(?:-([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}))?$/

/** Returns the id of a call's message: the same in every process, and when the call is read from the database. */
export const callMessageId = (recordedAt: number, callId: string): string =>
  `${recordedAt}-${callId}`

/** Returns the position in a message id or in a reader's `?after=`, or null if there is none. */
export const positionOf = (id: string): Position | null => {
  const [, us, callId = null] = POSITION.exec(id) ?? []
  return us === undefined ? null : { us: Number(us), callId }
}
