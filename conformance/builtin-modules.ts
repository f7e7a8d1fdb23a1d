/**
 * Compiles the built-in modules and puts their bytes into the catalog:
 *
 *     npx tsx --conditions=@aos/source conformance/builtin-modules.ts
 */
import { writeFileSync } from 'node:fs'
import { GENERATED, builtinModulesText } from './modules/module-sources.ts'

writeFileSync(GENERATED, await builtinModulesText())
console.log('wasm-modules.generated.ts is current')
