/** What a function gives, or undefined where it throws: nothing that goes wrong in here may reach the page. */
export const quietly = <T>(what: () => T): T | undefined => {
  try {
    return what()
  } catch {
    return
  }
}
