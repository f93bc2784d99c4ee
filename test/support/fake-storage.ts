/** Creates a `Storage` that lives as long as the test, and fails on request. */
export const fakeStorage = (): Storage & { broken?: Error | undefined; full?: boolean } => {
  const target: Record<string, string> = {}
  const methods: Record<string, unknown> = {
    getItem: (key: string) => target[key] ?? null,
    setItem: (key: string, value: string) => {
      if (methods['full']) throw new DOMException('full', 'QuotaExceededError')
      target[key] = value
    },
    removeItem: (key: string) => void delete target[key],
    clear: () => {
      for (const key of Object.keys(target)) delete target[key]
    },
  }
  return new Proxy(target, {
    get: (_, name: string) => {
      if (methods['broken']) throw methods['broken']
      return name in methods ? methods[name] : target[name]
    },
    set: (_, name: string, value) => {
      if (['broken', 'full'].includes(name)) methods[name] = value
      else if (methods['broken']) throw methods['broken']
      else if (methods['full']) throw new DOMException('full', 'QuotaExceededError')
      else target[name] = value
      return true
    },
    deleteProperty: (_, name: string) => {
      if (methods['broken']) throw methods['broken']
      return delete target[name]
    },
    ownKeys: () => {
      if (methods['broken']) throw methods['broken']
      return Reflect.ownKeys(target)
    },
  }) as unknown as Storage & { broken?: Error; full?: boolean }
}
