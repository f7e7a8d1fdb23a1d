/**
 * Writes bytes.ts out of module.ts:
 *
 *     npx tsx --conditions=@aos/source crates-ts/store/src/sha256/generate.ts
 */
import { writeFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import { makeSha256Module } from './module.ts'

const LINE_LENGTH = 112
const deflated = deflateRawSync(makeSha256Module(), { level: 9 }).toString('base64')
const lines = deflated.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? []
const text = [
  '/** Written by generate.ts out of module.ts: the SHA-256 module, deflated, in base64. */',
  'export const SHA256_MODULE_DEFLATED: string = [',
  ...lines.map((line) => `  '${line}',`),
  "].join('')",
  '',
]
writeFileSync(new URL('bytes.ts', import.meta.url), text.join('\n'))
