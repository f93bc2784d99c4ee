import { reader } from './attributes.js'
import { linkIntent, type Intent } from './target.js'

/**
 * What a click, a middle click or a submission means, or undefined if it is not ours to count. Reads the composed
 * path, so that a child of the link and a link in a shadow tree are found; the innermost element that says something
 * decides, and `data-ops-ignore` anywhere around it silences it.
 *
 * @param intents which links count; all that are known, if not given
 */
export const readIntent = (event: Event, intents?: string | null): Intent | undefined => {
  const submit = event.type === 'submit'
  let found: Intent | undefined
  // A cancelled press is one that the browser will not follow; a right click is an `auxclick` with button 2.
  if (event.defaultPrevented || (event as MouseEvent).button > 1) return found
  for (const node of event.composedPath() as Element[]) {
    // The document, the window and shadow roots have no attributes.
    if (!node.getAttribute) continue
    const read = reader(node)
    if (read('ignore') != null) return
    // A click in a form is not its submission.
    if (found || (node.localName === 'form') !== submit) continue
    const link = /^a(rea)?$/.test(node.localName) && linkIntent(node.getAttribute('href') || '')
    const action =
      read('intent') ||
      (submit ? 'form' : link && (!intents || intents.includes(link.action)) ? link.action : '')
    // The middle button opens links and presses nothing else.
    if (action && (link || event.type !== 'auxclick'))
      found = {
        action,
        target: read('target') || (link ? link.target : node.getAttribute('id') || ''),
      }
  }
  return found
}
