/** `aos module check`: would a module be admitted. */
import { engineDigest } from '@aos/host'
import { FUEL_TABLE_VERSION, inspectModule } from '@aos/wasm'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { readFileOrInput } from '../input.ts'

/** Exit 1 and the reasons when it would be refused. */
export async function moduleCheck(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const report = inspectModule(await readFileOrInput(context, args.text('file')))
  const { ok, issues, imports, exports, size, meteredSize } = report
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
    ...issues.map((issue) => `  ${issue.message} [${issue.code}]`),
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
