#!/usr/bin/env node
// The committed door to the bundle, so that `npm ci` can link the command before anything is built.
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/aos.mjs', import.meta.url)
if (existsSync(bundle)) {
  await import(bundle.href)
} else {
  process.stderr.write('aos: the bundle is missing; run `npm run build` in the checkout first\n')
  process.exitCode = 1
}
