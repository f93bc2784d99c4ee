/** Runs `fn` and returns its result, or `undefined` if it throws, so that no error of ours reaches the page. */
export const quietly = <T>(fn: () => T): T | undefined => {
  try {
    return fn()
  } catch {
    // The caller gets undefined.
  }
}
