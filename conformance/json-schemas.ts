/**
 * Makes the JSON Schema documents of spec/schemas:
 *
 *     npx tsx --conditions=@aos/source conformance/json-schemas.ts
 */
import { makeJsonSchemas } from '@aos/air'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './tidy/tree.ts'

const folder = join(ROOT, 'spec/schemas')
for (const name of readdirSync(folder)) if (name.endsWith('.schema.json')) rmSync(join(folder, name))
const documents = makeJsonSchemas()
for (const { name, text } of documents) writeFileSync(join(folder, `${name}.schema.json`), text)
console.log(`spec/schemas: ${documents.length} documents`)
