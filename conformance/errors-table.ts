/**
 * Makes the tables of spec/08-errors.md from the packages' `errors.ts`:
 *
 *     npx tsx conformance/errors-table.ts
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHAPTER, readCodeTables, renewChapter } from './errors/tables.ts'
import { ROOT, readText } from './tidy/tree.ts'

const rows = readCodeTables()
writeFileSync(join(ROOT, CHAPTER), renewChapter(readText(CHAPTER), rows))
console.log(`${CHAPTER}: ${rows.length} codes`)
