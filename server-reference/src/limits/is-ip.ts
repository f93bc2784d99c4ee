/** 4 or 6 for an address of that version, else 0: node:net's `isIP`, without Node. */
export const isIP = (text: string): 0 | 4 | 6 => {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text)) return isPlain(text) ? 4 : 0
  const [address = '', ...zones] = text.split('%')
  const hasZone = zones.length === 0 || (zones.length === 1 && /^[\w.-]+$/.test(zones[0]!))
  return /^[\da-f:.]+$/i.test(address) && hasZone && URL.canParse(`http://[${address}]/`) ? 6 : 0
}

/** Without leading zeros, which some read as octal. */
const isPlain = (text: string): boolean => !/(^|\.)0\d/.test(text)
