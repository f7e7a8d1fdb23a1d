/** Asking the module of a capability (G5; spec/11-gate.md, "Enforcers"). */
import { decodePureOutput, encodePureContext, encodePureInput } from '@aos/abi'
import { BUILTIN_SCHEMAS, compileSchema } from '@aos/air'
import type { SchemaCodec, TypeExpr } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { DenialCode } from './denial-errors.ts'
import type { GrantRecord } from './gate-catalog.ts'

/** What the enforcer is told of the effect, beside the grant. */
export interface EnforcerQuestion {
  readonly effectKind: string
  readonly params: Uint8Array
  readonly origin: { readonly kind: 'plan' | 'reducer'; readonly name: string }
  readonly logicalNowNs: bigint
  readonly height: number
  readonly manifestHash: Hash
  readonly fuelLimit: number
}

/** `code` undefined: it may be done. Otherwise the reason, as it stands in the decision. */
export interface EnforcerAnswer {
  readonly code: string | undefined
  readonly reason: string | undefined
  readonly fuel: number
}

const TABLE: ReadonlyMap<string, TypeExpr> = new Map([...BUILTIN_SCHEMAS].map(([name, schema]) => [name, schema.type]))
const inputCodec: SchemaCodec = compileSchema({ kind: 'ref', name: 'sys/CapCheckInput@1' }, TABLE)
const outputCodec: SchemaCodec = compileSchema({ kind: 'ref', name: 'sys/CapCheckOutput@1' }, TABLE)

const DENIED: DenialCode = 'cap.denied'

/** A code that an enforcer may give; anything else is shown as `denied`. */
const CODE = /^[a-z][a-z0-9_.]{0,63}$/

/** Throws only for a fault of the host. */
export function askEnforcer(grant: GrantRecord, question: EnforcerQuestion): EnforcerAnswer {
  const { fuelLimit } = question
  const { enforcer } = grant
  if (enforcer.kind !== 'module') {
    if (enforcer.kind === 'allow') return { code: undefined, reason: undefined, fuel: 0 }
    return failed(0, 'the manifest lists no such module')
  }
  const input = encodePureInput({ input: encodeQuestion(grant, question), ...contextOf(question, enforcer) })
  const call = enforcer.module.call(input, fuelLimit)
  if (call.outcome !== 'ok') return failed(call.fuel, call.note ?? call.outcome)
  try {
    const answer = outputCodec.decode(outputCodec.normalize(decodePureOutput(call.output).output))
    return { ...readAnswer(answer), fuel: call.fuel }
  } catch (error) {
    if (!isAosError(error)) throw error
    return failed(call.fuel, `${error.code}: ${error.message}`)
  }
}

function failed(fuel: number, reason: string): EnforcerAnswer {
  return { code: 'cap.enforcer', reason, fuel }
}

function encodeQuestion(grant: GrantRecord, question: EnforcerQuestion): Uint8Array {
  return inputCodec.encode({
    cap_def: grant.capName,
    grant_name: grant.name,
    cap_params: grant.params,
    effect_kind: question.effectKind,
    effect_params: question.params,
    origin: { kind: question.origin.kind, name: question.origin.name },
    logical_now_ns: question.logicalNowNs,
  })
}

function contextOf(
  question: EnforcerQuestion,
  enforcer: { readonly name: string; readonly wantsContext: boolean },
): { readonly ctx?: Uint8Array } {
  if (!enforcer.wantsContext) return {}
  return {
    ctx: encodePureContext({
      module: enforcer.name,
      manifestHash: question.manifestHash,
      journalHeight: question.height,
      logicalNowNs: question.logicalNowNs,
    }),
  }
}

function readAnswer(answer: unknown): { readonly code: string | undefined; readonly reason: string | undefined } {
  // The codec has checked it: sys/CapCheckOutput@1.
  const { constraints_ok: isAllowed, deny } = answer as {
    readonly constraints_ok: boolean
    readonly deny: { readonly code: string; readonly message: string } | null
  }
  if (isAllowed) return { code: undefined, reason: undefined }
  const code = deny !== null && CODE.test(deny.code) ? deny.code : 'denied'
  return { code: `${DENIED}/${code}`, reason: deny?.message }
}
