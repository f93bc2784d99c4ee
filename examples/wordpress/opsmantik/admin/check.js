// Settings, OpsMantik: sends a test press as a visitor would, and says in plain words what happened.
;(() => {
  const { siteId, home, rest, ajax, save, nonce, words } = window.opsmantikCheck
  const button = document.getElementById('opsmantik_test')

  const light = (name, isOn, sentence = '') => {
    const item = document.querySelector(`[data-light="${name}"]`)
    const [state, text] = [item.querySelector('strong'), item.querySelector('span')]
    item.dataset.state = isOn === undefined ? '' : isOn ? 'on' : 'off'
    state.textContent = isOn === undefined ? '–' : isOn ? `● ${words.yes}` : `● ${words.no}`
    state.style.color = isOn === undefined ? '' : isOn ? '#00702c' : '#b32d2e'
    text.textContent = sentence
  }

  // Without the login, and without what a cache has.
  const asVisitor = { credentials: 'omit', cache: 'no-store' }

  const hasScript = async () => {
    const page = await fetch(home, asVisitor)
    return (await page.text()).includes(`data-ops-site-id="${siteId}"`)
  }

  /** Returns the answer of the plugin or of the server behind it, or undefined if somebody else answered. */
  const send = async (url, body) => {
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(url, { ...asVisitor, method: 'POST', headers, body })
    const json = await response.json().catch(() => undefined)
    const isOurs = json && (typeof json.request_id === 'string' || typeof json.status === 'string')
    return isOurs ? json : undefined
  }

  const press = () =>
    JSON.stringify({
      site_id: siteId,
      fingerprint: 'wordpress-settings',
      event_id: crypto.randomUUID
        ? crypto.randomUUID()
        : '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
            (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(
              16,
            ),
          ),
      intent_action: 'test',
      intent_target: 'wordpress',
      intent_page_url: home,
    })

  const keep = (route) =>
    fetch(save, { method: 'POST', body: new URLSearchParams({ route, _ajax_nonce: nonce }) })

  const explain = (code) => words[code] || words.other.replace('%s', code)

  /** Answers that the plugin itself gave, before anything was signed or because nobody answered it. */
  const OWN = /^(PROXY_NOT_CONFIGURED|ORIGIN_NOT_ALLOWED|UPSTREAM_|RATE_LIMITED|INTERNAL)/

  const check = async () => {
    for (const name of ['script', 'route', 'signed', 'recorded']) light(name)
    const isThere = siteId !== '' && (await hasScript())
    light('script', isThere, isThere ? '' : words.script)

    const body = press()
    let route = 'rest'
    let answer = await send(rest, body)
    if (!answer) {
      route = 'ajax'
      answer = await send(ajax, body)
    }
    if (!answer) return light('route', false, words.blocked)
    await keep(route)
    light('route', true, route === 'ajax' ? words.ajax : '')
    if (answer.code) {
      const isOwn = OWN.test(answer.code)
      light('signed', !isOwn && !/^SIGNATURE|SITE/.test(answer.code), explain(answer.code))
      return light('recorded', false)
    }
    light('signed', true)
    light('recorded', true)
  }

  button.addEventListener('click', async () => {
    button.disabled = true
    await check().catch(() => light('route', false, words.offline))
    button.disabled = false
  })
})()
