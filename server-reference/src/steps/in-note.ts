/** Characters of a header in a note. */
const NOTE_SHOWN = 256

/** Cuts a header to what a note on the live console has room for. */
export const inNote = (header: string | undefined): string | undefined =>
  header?.slice(0, NOTE_SHOWN)
