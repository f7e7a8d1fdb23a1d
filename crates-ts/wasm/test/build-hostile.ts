/** Writes conformance/hostile/*.wasm from the .wat beside them: `npx tsx crates-ts/wasm/test/build-hostile.ts`. */
import { writeFileSync } from 'node:fs'
import { HOSTILE, hostilePath, hostileText } from './_hostile.ts'
import { loadAssembler } from './_wat.ts'

const assembler = await loadAssembler()
for (const item of HOSTILE.cases) {
  if (item.binary === true) continue
  const options = item.invalid === true ? ({ invalid: true } as const) : {}
  writeFileSync(hostilePath(`${item.name}.wasm`), assembler.assemble(item.name, hostileText(item.name), options))
}
