const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Returns the body as a text that Postgres turns into the same bytes again, or null if there is no such text (invalid
 * UTF-8, or a NUL). A byte order mark stays (`ignoreBOM` means "do not strip it"): it was signed.
 */
export const decodeBody = (bytes: Uint8Array): string | null => {
  try {
    const text = decoder.decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}
