import { isTransition } from './sql-errors.js'

const PAUSE_MS = 100
const MAX_TRIES = 3

/** Repeats a statement that met a table in transition, a few times. */
export const pastTransition = async <Result>(run: () => Promise<Result>): Promise<Result> => {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (tries === MAX_TRIES || !isTransition(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}
