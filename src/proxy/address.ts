const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]*:[\da-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?)$/i

/**
 * `X-Forwarded-For` for the server: the chain as it came, and behind it the visitor's address. What was told and is no
 * address becomes `unknown`: a comma in it would be a hop of the visitor's own making.
 */
export const appendAddress = (chain: string | null, address: string | undefined): string => {
  const hop = address && (ADDRESS.test(address) ? address : 'unknown')
  return [chain, hop].filter(Boolean).join(', ')
}
