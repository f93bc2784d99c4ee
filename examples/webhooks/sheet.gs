// In the spreadsheet: Extensions, Apps Script; paste this; Project settings, Script properties: KEY, a long random text;
// Deploy, New deployment, Web app, "Execute as: me", "Who has access: anyone". Its URL is SHEET_URL, KEY is SHEET_KEY.

/** Adds a call as a row, unless the row is there: the first column is the webhook's id. */
function doPost(e) {
  const { key, id, row } = JSON.parse(e.postData.contents)
  if (key !== PropertiesService.getScriptProperties().getProperty('KEY')) return say('wrong key')
  const lock = LockService.getScriptLock()
  lock.waitLock(10000)
  try {
    const sheet = SpreadsheetApp.getActiveSpreadsheet().getSheets()[0]
    if (sheet.createTextFinder(id).matchEntireCell(true).findNext() === null)
      sheet.appendRow([id, ...row].map(asText))
    return say('ok')
  } finally {
    lock.releaseLock()
  }
}

/** Returns a cell that the sheet does not compute: what begins like a formula gets an apostrophe. */
function asText(value) {
  const text = value === null ? '' : String(value)
  return /^[=+\-@\t\r']/.test(text) ? `'${text}` : text
}

function say(text) {
  return ContentService.createTextOutput(text)
}
