/** Returns six base36 digits that tell texts apart; nothing secret depends on them. */
export const hash = (text: string): string => {
  let sum = 0
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 1e9
  // Every number from 1e9 to 2e9 has six.
  return (sum + 1e9).toString(36)
}
