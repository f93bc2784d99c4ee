/**
 * Calls back, which must not throw, after each `pushState` and `replaceState`, until the signal is aborted.
 * The Navigation API would do without a wrapper; Firefox and Safari have had it for months only.
 */
export const watchHistory = (changed: () => void, signal: AbortSignal): void => {
  for (const name of ['pushState', 'replaceState'] as const) {
    const native = history[name]
    const wrapped: typeof native = (...change) => {
      native.apply(history, change)
      if (!signal.aborted) changed()
    }
    history[name] = wrapped
    signal.addEventListener('abort', () => {
      // Anyone who has wrapped ours in the meantime keeps it; it does nothing any more.
      if (history[name] === wrapped) history[name] = native
    })
  }
}
