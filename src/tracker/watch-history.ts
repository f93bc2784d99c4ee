/**
 * Calls `changed`, which must not throw, after each `pushState` and `replaceState`, until the signal is aborted. The
 * Navigation API would need no wrapper, but Firefox and Safari have only had it for months.
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
      // If other code has wrapped ours in the meantime, ours stays and does nothing any more.
      if (history[name] === wrapped) history[name] = native
    })
  }
}
