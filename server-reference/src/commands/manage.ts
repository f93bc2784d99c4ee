import { userInfo } from 'node:os'
import { CommandError } from '../admin/command-error.js'
import { readConfig } from '../config/config.js'
import { print } from '../output.js'
import { openEmbedded } from '../store/embedded.js'
import { openServerDatabase } from '../store/server-database.js'
import { askRunningServer } from './admin-socket.js'
import { COMMANDS } from './commands.js'

/**
 * Runs a command on the configured database: Postgres, or the embedded one. For the embedded one it asks the server
 * that runs on it, or takes the folder's lock if no server runs.
 */
export const manage = async (
  name: string,
  words: string[],
  env: NodeJS.ProcessEnv,
): Promise<void> => {
  // Only the database matters here: origins may be missing.
  const { dataDir, databaseUrl, webhookAllowPrivate } = readConfig({
    DATA_DIR: env.DATA_DIR,
    DATABASE_URL: env.DATABASE_URL,
    WEBHOOK_ALLOW_PRIVATE: env.WEBHOOK_ALLOW_PRIVATE,
    ALLOWED_ORIGINS: 'http://localhost',
  })
  if (databaseUrl === null && dataDir === null)
    throw new CommandError('DATA_DIR is memory: there is nothing to manage')
  const who = userName()
  if (databaseUrl === null) {
    const output = await askRunningServer(dataDir!, { name, words, who })
    if (output !== null) return print(output)
  }
  const database = await (databaseUrl === null
    ? openEmbedded(dataDir)
    : openServerDatabase(databaseUrl))
  try {
    print(
      await COMMANDS[name]!(
        { database, who, allowsPrivate: webhookAllowPrivate, url: null },
        words,
      ),
    )
  } finally {
    await database.close()
  }
}

/** Returns the user's name. A user without an entry in /etc/passwd, as in some containers, has none. */
const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
