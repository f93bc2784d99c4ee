/** `__( 'text', 'opsmantik' )` and its kin, with the comment for translators above it if there is one. */
const CALL =
  /(?:\/\* (translators: .*?) \*\/\s*)?\b(?:__|_e|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\(\s*'((?:[^'\\]|\\.)*)',\s*'opsmantik'\s*\)/g
/** What WordPress translates of the plugin's header. */
const HEADER = /^ \* (Plugin Name|Description): +(.+)$/gm

/** @param {string} text */
const quote = (text) => JSON.stringify(text.replace(/\\(['\\])/g, '$1'))

/**
 * The template that translators start from.
 *
 * @param {{ name: string, data: Buffer }[]} files the plugin's
 * @param {string} version
 */
export const pot = (files, version) => {
  /** @type {Map<string, { notes: Set<string>, places: Set<string> }>} */
  const texts = new Map()
  /** @param {string} text @param {string} place @param {string | undefined} note */
  const add = (text, place, note) => {
    const entry = texts.get(text) ?? { notes: new Set(), places: new Set() }
    if (note) entry.notes.add(note)
    entry.places.add(place)
    texts.set(text, entry)
  }
  for (const { name, data } of files) {
    if (!name.endsWith('.php')) continue
    const code = data.toString()
    if (name === 'opsmantik.php')
      for (const [, field, text = ''] of code.matchAll(HEADER))
        add(text, name, `${field} of the plugin`)
    for (const [, note, text = ''] of code.matchAll(CALL)) add(text, name, note)
  }
  const entries = [...texts].map(([text, { notes, places }]) =>
    [
      ...[...notes].map((note) => `#. ${note}`),
      ...[...places].map((place) => `#: ${place}`),
      ...(/%[sd]/.test(text) ? ['#, php-format'] : []),
      `msgid ${quote(text)}`,
      'msgstr ""',
    ].join('\n'),
  )
  const head = [
    'msgid ""',
    'msgstr ""',
    `"Project-Id-Version: OpsMantik ${version}\\n"`,
    '"MIME-Version: 1.0\\n"',
    '"Content-Type: text/plain; charset=UTF-8\\n"',
    '"Content-Transfer-Encoding: 8bit\\n"',
    '"X-Domain: opsmantik\\n"',
  ].join('\n')
  return [head, ...entries].join('\n\n') + '\n'
}
