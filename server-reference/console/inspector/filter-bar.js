import { element, part } from '../element.js'
import { endpointOf, isFiltered, NO_FILTER } from './filter.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */
/** @typedef {import('./filter.js').Filter} Filter */

/** Maximum number of options: any client can invent sites and codes, and a longer list is of no use. */
const MAX_OPTIONS = 60

/**
 * Creates the form above the list. The address holds its state as well, so that a reload and a link keep it.
 *
 * @param {ReturnType<typeof import('./filter.js').createSites>} sites
 * @param {(filter: Filter) => void} onChange
 */
export function createFilterBar(sites, onChange) {
  const form = part('filter', HTMLFormElement)
  const search = part('search', HTMLInputElement)
  const fields = {
    site: part('site', HTMLSelectElement),
    endpoint: part('endpoint', HTMLSelectElement),
    outcome: part('outcome', HTMLSelectElement),
    text: search,
  }
  const names = /** @type {(keyof Filter)[]} */ (Object.keys(fields))
  const codes = part('codes', HTMLOptGroupElement)
  const address = new URLSearchParams(location.search)
  for (const name of names) {
    const value = address.get(name) ?? ''
    if (!value) continue
    const known = name === 'text' || [...fields[name].options].some((one) => one.value === value)
    if (!known) offer(name === 'outcome' ? codes : fields[name], value, value)
    fields[name].value = value
  }

  /** @param {Element} list @param {string} value @param {string} label */
  function offer(list, value, label) {
    if (!value) return
    const old = [...list.querySelectorAll('option')].find((one) => one.value === value)
    if (old) old.textContent = label
    else if (list.childElementCount < MAX_OPTIONS) {
      const option = element('option', '', label)
      option.setAttribute('value', value)
      list.append(option)
    }
  }

  /** @returns {Filter} */
  const read = () => ({
    site: fields.site.value,
    endpoint: fields.endpoint.value,
    outcome: fields.outcome.value,
    text: search.value.trim(),
  })

  function change() {
    const filter = read()
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value))
    const url = new URL(location.href)
    url.search = query.toString()
    history.replaceState(history.state, '', url)
    onChange(filter)
  }
  function reset() {
    for (const name of names) fields[name].value = NO_FILTER[name]
    change()
  }

  form.addEventListener('input', change)
  form.addEventListener('submit', (event) => event.preventDefault())
  for (const id of ['unfilter', 'unfilter-none'])
    part(id, HTMLButtonElement).addEventListener('click', () => {
      reset()
      // The button that had the focus is gone.
      search.focus()
    })

  return {
    read,
    focus: () => search.select(),
    /** @param {Message} message */
    learn(message) {
      const key = sites.keyOf(message)
      // A site that was listed under its name in a request may be known under its UUID by now.
      for (const option of fields.site.options) {
        const value = sites.current(option.value)
        if (value === option.value) continue
        if ([...fields.site.options].some((other) => other.value === value)) option.remove()
        else option.value = value
      }
      offer(fields.site, key, sites.labelOf(key))
      offer(fields.endpoint, endpointOf(message), endpointOf(message))
      if (message.type === 'refused') offer(codes, message.code, message.code)
    },
    /** @param {number} shown @param {number} all */
    tell(shown, all) {
      const filtered = isFiltered(read())
      part('shown', HTMLElement).textContent = filtered ? `${shown} of ${all} shown` : ''
      part('unfilter', HTMLButtonElement).hidden = !filtered
      part('no-match', HTMLElement).hidden = shown > 0 || all === 0
    },
  }
}
