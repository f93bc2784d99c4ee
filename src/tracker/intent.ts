import { linkIntent, type Intent } from './target.js'

/**
 * What a click, a middle click or a submission means, or undefined if it is not ours to count. Reads the composed
 * path, so that a child of the link and a link in a shadow tree are found; the innermost element that says something
 * decides, and `data-ops-ignore` anywhere around it silences it.
 *
 * @param intents which links count; all that are known, if not given
 */
export const readIntent = (
  event: Event,
  intents?: readonly string[] | string | null,
): Intent | undefined => {
  const submit = event.type === 'submit'
  let found: Intent | undefined
  // A cancelled press is one that the browser will not follow; a right click is an `auxclick` with button 2.
  if (event.defaultPrevented || (event as MouseEvent).button > 1) return found
  for (const node of event.composedPath() as Element[]) {
    // The document, the window and shadow roots have no attributes.
    if (!node.getAttribute) continue
    const read = (name: string): string => node.getAttribute('data-ops-' + name) || ''
    if (node.hasAttribute('data-ops-ignore')) return undefined
    // A click in a form is not its submission.
    if (found || (node.localName === 'form') !== submit) continue
    const name = read('intent')
    const own = node.getAttribute('id') || ''
    const link = submit
      ? { action: 'form', target: own }
      : linkIntent(node.getAttribute('href') || '')
    if (name || (link && (submit || !intents || intents.includes(link.action))))
      found = {
        action: name || link!.action,
        target: read('target') || (link ? link.target : own),
      }
  }
  return found
}
