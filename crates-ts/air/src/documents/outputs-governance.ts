/** JSON Schemas of what `aos gov …` and `aos push` print under `data`. */
import { Type, type TSchema } from '@sinclair/typebox'
import { synced } from './outputs-workspaces.ts'
import { hashText, oneOf, openObject } from './build.ts'
import { shadowReport } from './shadow-report.ts'

const optional = Type.Optional

/** Documents under `data`, each with the words of its command; `aos push` is here because it may end as a proposal. */
export function governanceOutputs(): readonly (readonly [command: string, data: TSchema])[] {
  const decided = openObject({ height: count(), proposal: count(), decision: oneOf(['approve', 'reject']) })
  const proposed = openObject({
    outcome: oneOf(['proposed', 'dry_run']),
    proposal: optional(count()),
    height: optional(count()),
    patch_hash: hashText(),
    manifest_hash: hashText(),
    operations: Type.Array(Type.String()),
    authority: authority(),
  })
  return [
    ['gov apply', openObject({ height: count(), proposal: count(), manifest_hash: hashText() })],
    ['gov approve', decided],
    [
      'gov ls',
      openObject({
        proposals: Type.Array(openObject(proposal())),
        review_due: Type.Boolean(),
        on_probation: optional(count()),
      }),
    ],
    ['gov propose', proposed],
    ['gov reject', decided],
    ['gov revert', proposed],
    ['gov shadow', openObject({ proposal: count(), height: count(), report_hash: hashText(), report: shadowReport() })],
    ['gov show', openObject({ ...proposal(), shadow: optional(shadowReport()) })],
    ['gov withdraw', openObject({ height: count(), proposal: count() })],
    ['push', push()],
  ]
}

function proposal(): Readonly<Record<string, TSchema>> {
  const approval = openObject({
    key_id: Type.String(),
    report_hash: hashText(),
    expires_ns: Type.String({ pattern: '^[0-9]+$' }),
    height: count(),
  })
  return {
    proposal: count(),
    status: oneOf(['open', 'rejected', 'withdrawn', 'applied', 'reverted']),
    patch_hash: hashText(),
    manifest_hash: hashText(),
    base_manifest_hash: hashText(),
    base_height: count(),
    proposer: Type.String(),
    proposer_key: optional(Type.String()),
    height: count(),
    description: optional(Type.String()),
    authority: authority(),
    report_hash: optional(hashText()),
    approvals: Type.Array(approval),
    applied_height: optional(count()),
    reverts: optional(count()),
  }
}

function push(): TSchema {
  const change = openObject({
    change: oneOf(['add', 'change', 'remove']),
    kind: Type.String(),
    name: Type.String(),
    from: optional(hashText()),
    to: optional(hashText()),
  })
  return openObject({
    outcome: oneOf(['pushed', 'proposed', 'unchanged', 'dry_run']),
    changed: Type.Boolean(),
    manifest_hash: hashText(),
    height: optional(count()),
    world: optional(hashText()),
    changes: Type.Array(change),
    warnings: Type.Array(openObject({})),
    owner_key_made: optional(Type.String()),
    by: optional(oneOf(['owner', 'proposal'])),
    proposal: optional(count()),
    authority: optional(authority()),
    workspaces: optional(Type.Array(synced())),
  })
}

function authority(): TSchema {
  return oneOf(['narrows', 'keeps', 'widens'])
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}
