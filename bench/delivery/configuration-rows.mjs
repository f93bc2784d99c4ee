/** @typedef {import('./stage.mjs').Stage} Stage */

/** Milliseconds: a retry after a refusal of the configuration comes after 60 to 75 s, and those after it later still. */
const BOUND = 240_000
const SILENCE = 170_000

/**
 * @param {number} status
 * @param {string} code
 */
const refused = (status, code) => ({ status, body: { error: code, code } })

/** @type {[name: string, response: import('./recorder.mjs').Refusal, only?: 'proxy'][]} */
const MISTAKES = [
  ['401 SIGNATURE_INVALID', refused(401, 'SIGNATURE_INVALID')],
  // A page of another origin could not read these two: the console says so without CORS, as to a dead network.
  ['403 ORIGIN_NOT_ALLOWED', refused(403, 'ORIGIN_NOT_ALLOWED'), 'proxy'],
  ['403 ORIGIN_REQUIRED', refused(403, 'ORIGIN_REQUIRED'), 'proxy'],
  ['400 INVALID_SITE_ID', refused(400, 'INVALID_SITE_ID')],
  ['404 NOT_FOUND', refused(404, 'NOT_FOUND')],
  ['200 with HTML', { status: 200, body: '<!doctype html><title>Sign in</title>' }],
]

/**
 * Rows in which a setting is wrong, visitors press, come again and flush, and the setting is corrected.
 *
 * @type {import('./rows.mjs').Row[]}
 */
export const configurationRows = MISTAKES.map(([name, misconfigured, only]) => ({
  name: `${name} until corrected`,
  faults: { misconfigured },
  ...(only && { only }),
  bound: BOUND,
  silence: SILENCE,
  async play(/** @type {Stage} */ stage) {
    await stage.load()
    await stage.pressAll()
    await stage.sleep(2_000)
    await stage.each(async (visitor) => {
      const second = await stage.enter(visitor)
      await second.run('opsmantik.flush()')
    })
    await stage.sleep(3_000)
    stage.faults.misconfigured = undefined
  },
}))
