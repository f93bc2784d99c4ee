#!/usr/bin/env node
// A file of its own, because npm links a bin only if it is there: dist/ is not, in a fresh checkout.
await import('../dist/cli.js')
