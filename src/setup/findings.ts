/** Who has to change something. */
export type SetupOwner =
  'customer page' | 'allowlist' | 'secret' | 'clock' | 'proxy' | 'server' | 'visitor'

/** The four lights of the way from a page to a recorded press. */
export type SetupLight = 'script' | 'origin' | 'proxy' | 'press'

export interface SetupSentence {
  light: SetupLight
  whose: SetupOwner
  /** One sentence in plain words; `{name}` is replaced with its value. */
  title: string
  /** The line to add or change. */
  fix: string
}

/** Why a signature does not fit although the secret is right. */
export const SIGN_BYTES =
  "const body = await request.arrayBuffer()   // sign and forward these very bytes (PHP: file_get_contents('php://input'), never json_encode(json_decode(…)))"

const sentence = <Owner extends SetupOwner>(
  light: SetupLight,
  whose: Owner,
  title: string,
  fix: string,
) => ({ light, whose, title, fix })

/**
 * What can be in the way of a first press, with the person who has to act and the line to change. The doctor and the
 * console's setup page take their sentences from here.
 */
export const SETUP_SENTENCES = {
  'page-unreachable': sentence(
    'script',
    'customer page',
    'The server cannot read the page {page}: {problem}',
    'Open {page} in a private window. If it asks for a login or is “coming soon”, nobody else sees it either.',
  ),
  'page-redirected': sentence(
    'script',
    'customer page',
    '{page} redirects to {location}: that is the page which visitors see',
    'Check {location} instead, and use its origin in the list of allowed origins.',
  ),
  'page-tag-missing': sentence(
    'script',
    'customer page',
    'The tag is not in the HTML of {page}',
    'Paste the tag into the head of every page, publish, and empty the site’s cache.',
  ),
  'page-tag-in-manager': sentence(
    'script',
    'customer page',
    'The tag is not in the HTML of {page}, which has Google Tag Manager: it takes data-* attributes off a script tag',
    'Use the tag for Google Tag Manager, which sets the attributes itself, with the trigger Initialization – All Pages.',
  ),
  'page-tag-merged': sentence(
    'script',
    'customer page',
    'The tag is not in the HTML of {page}, where {optimizer} merges scripts: a merged script has lost its attributes',
    'Exclude core.proxy.js from merging in {optimizer}, and empty its cache.',
  ),
  'page-attributes-stripped': sentence(
    'script',
    'customer page',
    'The script is on {page}, and its data-ops-* attributes are gone: a builder or a tag manager has taken them off',
    'Paste the tag where attributes survive (the theme’s head), or use the tag for Google Tag Manager.',
  ),
  'page-script-delayed': sentence(
    'script',
    'customer page',
    '{optimizer} delays the script on {page} until the visitor does something: presses before that are lost',
    'Exclude core.proxy.js from “delay JavaScript” in {optimizer}, and empty its cache.',
  ),
  'page-script-waits': sentence(
    'script',
    'customer page',
    'A consent tool holds the script on {page} back (type="{type}")',
    'Let the tag load always, with data-ops-consent="required": it then stores and sends nothing before consent.',
  ),
  'page-script-blocked': sentence(
    'script',
    'customer page',
    'The page’s own Content-Security-Policy blocks the script: "{directive}"',
    'script-src <…keep what is there> {source};   # in the page’s Content-Security-Policy',
  ),
  'page-script-missing': sentence(
    'script',
    'customer page',
    'The page names the script {script}, and there is none: {problem}',
    'src="{suggested}"   # or put the file where the tag looks for it',
  ),
  'page-other-site': sentence(
    'script',
    'customer page',
    'The tag on {page} belongs to another site: data-ops-site-id="{found}"',
    'data-ops-site-id="{site}"',
  ),
  'page-sends-nowhere': sentence(
    'script',
    'customer page',
    'The tag on {page} has neither data-ops-proxy-url nor data-ops-secret, so it sends nothing',
    'data-ops-proxy-url="/ops/call-event"',
  ),
  'page-policy-forbids': sentence(
    'proxy',
    'customer page',
    'The page’s own Content-Security-Policy forbids it to send to {target}: "{directive}"',
    'connect-src <…keep what is there> {target};   # in the page’s Content-Security-Policy',
  ),
  'origin-not-listed': sentence(
    'origin',
    'allowlist',
    '{origin} is not an allowed origin of this site: scheme, host and port must all be equal',
    'site origin add {site} {origin}   # on the server; with a fixed list: ALLOWED_ORIGINS=<…keep what is there>,{origin} and a restart',
  ),
  'proxy-blocked': sentence(
    'proxy',
    'proxy',
    'The customer’s site answers {status} with a page of its own: a firewall, a login or a maintenance mode stands before the proxy',
    'A rule that lets POST {path} through: in the site’s security plugin or firewall',
  ),
  'proxy-missing': sentence(
    'proxy',
    'proxy',
    'There is no proxy at {url} ({status}): the plugin is switched off, or the address is another',
    'wp plugin activate opsmantik   # WordPress; elsewhere: mount the proxy at {path}, before the route that answers with pages',
  ),
  'proxy-html': sentence(
    'proxy',
    'proxy',
    '{url} answers with a page of HTML ({status}): no proxy is there, the site’s own pages answer',
    'wp plugin activate opsmantik   # WordPress; elsewhere: mount the proxy at {path}, before the route that answers with pages',
  ),
  'proxy-no-answer': sentence(
    'proxy',
    'proxy',
    'Nothing answers at {url}: {problem}',
    'Open the site in a browser; then look whether its host lets POST {path} through',
  ),
  'proxy-redirected': sentence(
    'proxy',
    'proxy',
    '{url} redirects to {location}: a redirect turns a POST into a GET, and the press is lost on the way',
    'data-ops-proxy-url="{location}"',
  ),
  'proxy-not-configured': sentence(
    'proxy',
    'proxy',
    'The proxy has no secret',
    '{secret}=<the site’s secret>   # in the proxy’s environment or settings, 16 characters at least; then restart it',
  ),
  'proxy-upstream-unreachable': sentence(
    'proxy',
    'proxy',
    'The proxy cannot reach the server, or gets something from it that is no JSON',
    "consoleUrl: '{server}'   # what the proxy has as its console URL; and its machine must be allowed to call out to it",
  ),
  'proxy-upstream-timeout': sentence(
    'proxy',
    'proxy',
    'The proxy reaches the server but gets no answer in time',
    "consoleUrl: '{server}'   # what the proxy has as its console URL; and its machine must be allowed to call out to it",
  ),
  'proxy-refuses-own-origin': sentence(
    'proxy',
    'proxy',
    'The proxy refuses {origin}: it takes its own host for another (a terminator of TLS before it that changes Host), or the page is on another origin',
    "origins: ['{origin}']   # createProxy; or let the terminator pass Host on: proxy_set_header Host $host;",
  ),
  'proxy-other-site': sentence(
    'proxy',
    'proxy',
    'The proxy serves another site than {site}, or the server does not know that site',
    "siteId: '{site}'   # in the proxy’s configuration, and as data-ops-site-id on the page",
  ),
  'proxy-clock-wrong': sentence(
    'proxy',
    'clock',
    'The server refuses the proxy’s signature for its time: the clock of the proxy’s machine is wrong',
    'timedatectl set-ntp true   # on the proxy’s machine; compare: date -u',
  ),
  'proxy-does-not-sign': sentence(
    'proxy',
    'proxy',
    'The server receives the proxy’s request without a signature',
    'X-Ops-Site-Id, X-Ops-Ts and X-Ops-Signature must be sent along, once each; nothing between proxy and server may remove them',
  ),
  'proxy-signature-refused': sentence(
    'proxy',
    'proxy',
    'The server refuses the proxy’s signature: its secret or its site is wrong, or it changes the body after it has signed it',
    `{secret}=<the site’s secret>   # in the proxy, without quotes or spaces\n${SIGN_BYTES}`,
  ),
  'proxy-fails': sentence(
    'proxy',
    'server',
    'The proxy, or the server behind it, fails ({status})',
    'Look at the error log of the customer’s site, then of the server',
  ),
  'proxy-swallows': sentence(
    'proxy',
    'proxy',
    'An event that is none is answered {status}: the proxy says "recorded" whatever the server says, and the tracker forgets events that nobody has',
    'Hand back the server’s own status and body',
  ),
  'proxy-unexpected-answer': sentence(
    'proxy',
    'proxy',
    'The proxy answers {status}, which is not what the server says to an incomplete event',
    'Hand back the server’s own status and body',
  ),
  'consent-not-given': sentence(
    'press',
    'visitor',
    'The tag waits for consent (data-ops-consent="required"): before it, nothing is stored or sent',
    'opsmantik.consent(true)   // called by the consent banner once the visitor has agreed: press “accept” there, then the number',
  ),
  'visitor-ignored': sentence(
    'press',
    'visitor',
    'This device may be one that is not counted: somebody called opsmantik.ignore(true) on it, or opened a link with #opsmantik-ignore',
    'opsmantik.ignore(false)   // in the browser’s console (F12); or press on another device',
  ),
  'ad-blocker': sentence(
    'press',
    'visitor',
    'An ad blocker in your own browser may stop the script or the press: in F12 → Network the line is red, “blocked”',
    'Try in a private window without extensions, or on a phone; a script and a proxy under the site’s own domain are rarely blocked.',
  ),
} satisfies Record<string, SetupSentence>

export type SetupFindingId = keyof typeof SETUP_SENTENCES

/** A finding with its sentence filled in. */
export interface SetupFinding extends SetupSentence {
  id: SetupFindingId
  /** Values of the sentence, so that it can be said in another language. */
  values: Record<string, string>
}

/** Replaces `{name}` with its value. */
export const fillIn = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)

export const setupFinding = <Id extends SetupFindingId>(
  id: Id,
  values: Record<string, string>,
): SetupFinding & { id: Id; whose: (typeof SETUP_SENTENCES)[Id]['whose'] } => {
  const { light, whose, title, fix } = SETUP_SENTENCES[id]
  return { id, light, whose, title: fillIn(title, values), fix: fillIn(fix, values), values }
}
