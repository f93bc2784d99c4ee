/**
 * Pauses the list so that it can be read. The figures and the chart go on.
 *
 * @param {HTMLButtonElement} button
 * @param {{ pause: (value: boolean) => void, waiting: () => number }} list
 */
export function createPause(button, list) {
  let paused = false

  function tell() {
    const waiting = paused ? list.waiting() : 0
    button.textContent = paused ? `Resume${waiting > 0 ? ` (${waiting} new)` : ''}` : 'Pause'
    button.dataset.paused = String(paused)
  }
  function toggle() {
    paused = !paused
    list.pause(paused)
    tell()
  }
  button.addEventListener('click', toggle)
  return { toggle, tell }
}
