import { attribute, reader } from './attributes.js'
import { linkIntent, type Intent } from './target.js'

/**
 * Returns what a click, a middle click or a submission means, or undefined if it is not ours to count. Reads the composed
 * path, so that a child of the link and a link in a shadow tree are found; the innermost element that says something
 * decides, and `data-ops-ignore` anywhere around it silences it.
 *
 * @param intents the words of the intents that are captured automatically
 */
export const readIntent = (event: Event, intents: readonly string[]): Intent | undefined => {
  const submit = event.type === 'submit'
  let found: Intent | undefined
  // A cancelled press is one that the browser will not follow; a right click is an `auxclick` with button 2.
  if (event.defaultPrevented || (event as MouseEvent).button > 1) return found
  for (const node of event.composedPath() as Element[]) {
    const read = reader(node)
    if (read('ignore') != null) return
    // A click in a form is not its submission.
    if (found || node instanceof HTMLFormElement !== submit) continue
    // Only links have the property, and only the attribute is as the page wrote it.
    const link = (node as HTMLAnchorElement).href && linkIntent(attribute(node, 'href')!)
    const automatic = submit ? 'form' : link && link.action
    const action = read('intent') || (intents.includes(automatic as string) && automatic)
    // The middle button opens links and presses nothing else.
    if (action && (link || event.type !== 'auxclick'))
      found = {
        action,
        target: read('target') || (link ? link.target : attribute(node, 'id') || ''),
      }
  }
  return found
}
