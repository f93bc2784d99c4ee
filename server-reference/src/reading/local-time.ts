/** Returns a function that writes a time as `YYYY-MM-DD HH:MM:SS` in a zone, as spreadsheets and Google Ads read it. */
export const createLocalTime = (timeZone: string): ((ms: number) => string) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  return (ms) => {
    const parts: Record<string, string> = {}
    for (const { type, value } of format.formatToParts(ms)) parts[type] = value
    const { year, month, day, hour, minute, second } = parts
    return `${year!.padStart(4, '0')}-${month}-${day} ${hour}:${minute}:${second}`
  }
}
