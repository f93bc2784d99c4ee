import { inject } from 'vitest'

/** Returns what npm is told: our packages are here, what it has it need not ask for, and nobody is asked. */
export const npmOfNewcomer = (): Record<string, string> => ({
  npm_config_registry: inject('registry'),
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_yes: 'true',
  CI: '1',
})
