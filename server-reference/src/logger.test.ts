import { pino } from 'pino'
import { expect, it } from 'vitest'
import { err } from './logger.js'

it('an error is logged without the values of the statement that failed', () => {
  const lines: string[] = []
  const log = pino({ serializers: { err } }, { write: (line: string) => void lines.push(line) })
  const error = Object.assign(new Error('invalid input'), {
    code: '22P02',
    detail: 'Key (fingerprint)=(somebody) is odd',
    query: 'insert',
    params: ['+905321234567'],
  })
  log.error({ err: error }, 'failed')
  log.error({ err: { params: ['+905321234567'] } }, 'thrown by somebody who does not throw errors')
  expect(lines.join('')).toContain('22P02')
  expect(lines.join('')).toContain('invalid input')
  expect(lines.join('')).not.toMatch(/somebody\)|905321234567/)
})
