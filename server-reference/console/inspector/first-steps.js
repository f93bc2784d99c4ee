import { copyButton } from '../copy.js'
import { element, part } from '../element.js'

const ANY_SITE = 'YOUR_SITE_ID'

/**
 * Returns snippets that work when pasted unchanged, once the site is filled in.
 *
 * @param {string} base
 * @param {string} site
 */
const snippets = (base, site) => ({
  'first-curl': `curl -i ${base}/api/call-event/v2 \\
  -H 'Content-Type: application/json' \\
  -d '{"site_id":"${site}","fingerprint":"me"}'`,
  'first-tag': `<script
  async
  src="/assets/core.js"
  data-ops-site-id="${site}"
  data-ops-proxy-url="/ops/call-event"
  data-ops-debug
></script>`,
  'first-signed': `SECRET='the secret of the site'
BODY='{"site_id":"${site}","fingerprint":"me","intent_action":"phone","intent_target":"+441632960123"}'
TS=$(date +%s)
SIGNATURE=$(printf %s "$TS.$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -i ${base}/api/call-event/v2 \\
  -H 'Content-Type: application/json' \\
  -H 'X-Ops-Site-Id: ${site}' \\
  -H "X-Ops-Ts: $TS" \\
  -H "X-Ops-Signature: $SIGNATURE" \\
  --data-raw "$BODY"`,
})

/** Shows the steps before the first event: three snippets with the reader's own site id. */
export function showFirstSteps() {
  const field = part('first-site', HTMLInputElement)

  function fill() {
    // Only what an id is made of: it goes into a line for a shell.
    const site = field.value.replace(/[^\da-f-]/gi, '').slice(0, 36) || ANY_SITE
    for (const [id, text] of Object.entries(snippets(location.origin, site)))
      part(id, HTMLElement).textContent = text
  }

  for (const id of Object.keys(snippets('', ''))) {
    const block = part(id, HTMLElement)
    const frame = element('div', 'snippet')
    block.parentElement?.replaceWith(frame)
    const pre = element('pre', '', block)
    pre.tabIndex = 0
    frame.append(
      pre,
      copyButton('Copy', () => block.textContent ?? ''),
    )
  }
  field.addEventListener('input', fill)
  fill()
}
