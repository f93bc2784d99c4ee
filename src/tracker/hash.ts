/** Returns six base36 digits that tell texts apart; nothing secret depends on them. */
export const hash = (text: string): string => {
  let sum = 0
  for (let i = 0; i < text.length;) sum = (sum * 31 + text.charCodeAt(i++)) % 1e9
  // Every number from 1e9 to 2e9 has six.
  return (sum + 1e9).toString(36)
}
