import type { RedisLink } from './redis-link.js'

/**
 * Returns the items in the groups that may share a command: all of them, or in a cluster those with one hash tag,
 * whose keys are on one node.
 */
export const byTag = <Item>(
  { isCluster }: Pick<RedisLink, 'isCluster'>,
  items: readonly Item[],
  tagOf: (item: Item) => string,
): Item[][] => {
  if (!isCluster) return items.length === 0 ? [] : [[...items]]
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const tag = tagOf(item)
    const group = groups.get(tag)
    if (group === undefined) groups.set(tag, [item])
    else group.push(item)
  }
  return [...groups.values()]
}
