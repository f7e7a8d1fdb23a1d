/** `aos module check`: would a module be admitted. */
import { engineDigest, readMapBeside } from '@aos/host'
import {
  FUEL_TABLE_VERSION,
  decodeSourceMap,
  formatPosition,
  inspectModule,
  isComponent,
  unwrapComponent,
} from '@aos/wasm'
import type { SourceMap, WasmIssue } from '@aos/wasm'
import { resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { readFileOrInput } from '../input.ts'

/** Exit 1 and the reasons when it would be refused. */
export async function moduleCheck(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const file = args.text('file')
  const given = await readFileOrInput(context, file)
  const bytes = isComponent(given) ? unwrapComponent(given) : given
  const report = inspectModule(bytes)
  const { ok, imports, exports, size, meteredSize } = report
  const map = sourceMapBeside(context, file, bytes)
  const issues = report.issues.map((issue) => ({ ...issue, source: placeOf(issue, map) }))
  const data = {
    ok,
    issues,
    imports,
    exports,
    size,
    metered_size: meteredSize ?? null,
    fuel_table: FUEL_TABLE_VERSION,
    engine_digest: engineDigest(),
  }
  const lines = [
    ok ? `${context.style.good('admitted')}` : context.style.bad('refused'),
    ...issues.map(
      (issue) => `  ${issue.message}${issue.source === undefined ? '' : `, ${issue.source}`} [${issue.code}]`,
    ),
    `imports  ${imports.length === 0 ? 'none' : imports.map(nameOf).join(', ')}`,
    `exports  ${exports.length === 0 ? 'none' : exports.map(nameOf).join(', ')}`,
    `size     ${size} bytes${meteredSize === undefined ? '' : `, metered ${meteredSize}`}`,
    `engine   ${data.engine_digest}, fuel table ${data.fuel_table}`,
  ]
  return { data, text: lines.join('\n'), exit: ok ? EXIT.ok : EXIT.failed }
}

function nameOf(item: string | { readonly name: string }): string {
  return typeof item === 'string' ? item : item.name
}

/** Of a module that a file holds; paths are shown relative to where the command runs. */
function sourceMapBeside(context: CommandContext, file: string, bytes: Uint8Array): SourceMap | undefined {
  if (file === '-' || file === '@-') return undefined
  const text = readMapBeside(resolve(context.cwd, file), bytes, context.cwd)
  return text === undefined ? undefined : decodeSourceMap(text, bytes.length)
}

/** `at FILE:LINE:COLUMN`, when the map knows the byte that the issue is about. */
function placeOf(issue: WasmIssue, map: SourceMap | undefined): string | undefined {
  const position = issue.offset === undefined ? undefined : map?.find(issue.offset, 0)
  return position === undefined ? undefined : `at ${formatPosition(position)}`
}
