import { createAnnouncer } from './announce.js'
import { connect } from './feed.js'
import { createList } from './list.js'
import { createStatus } from './status.js'

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`index.html has no #${id}`)
  return found
}

const counts = { call: 0, refused: 0, sync: 0 }
const counters = { call: part('calls'), refused: part('refusals'), sync: part('pages') }
const list = createList(part('rows'))
const announce = createAnnouncer(part('announcer'))

const feed = connect({
  onMessage(message) {
    if (!list.add(message)) return
    counts[message.type] += message.type === 'sync' ? message.accepted : 1
    counters[message.type].textContent = counts[message.type].toLocaleString('en')
    delete counters[message.type].dataset.none
    part('empty').hidden = true
    part('feed').hidden = false
    announce(message)
  },
  onState: createStatus({
    box: part('connection'),
    state: part('state'),
    countdown: part('countdown'),
    retry: part('retry'),
  }),
})

part('retry').addEventListener('click', feed.retryNow)
addEventListener('online', feed.retryNow)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') feed.retryNow()
})
