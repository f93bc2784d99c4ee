/** The version of the wire contract that this package implements (docs/contract.md), not the package's own. */
export const CONTRACT_VERSION = '1.0'
