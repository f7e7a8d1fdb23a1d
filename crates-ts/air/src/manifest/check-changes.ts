/** What a manifest says of the change from one to the next: who approves it, what migrates (spec/03-air.md, "Approval and migration"). */
import type { ErrorPath } from '@aos/cbor'
import { BUILTIN_MODULES } from '../builtin/modules.ts'
import { report, shown } from '../issues.ts'
import type { DefModule } from '../model.ts'
import type { ApprovalRule, Migration } from '../plan-model.ts'
import { checkSchemaName, type Scope } from './scope.ts'

/** Holds the rules about approval to the approvers, and migrations to what they migrate. */
export function checkChanges(scope: Scope): void {
  checkApprovals(scope)
  const seen = new Set<string>()
  for (const [index, migration] of scope.manifest.migrations.entries()) {
    const path = ['migrations', index]
    const of = migration.kind === 'state' ? migration.reducer : migration.event
    const label = `${migration.kind} ${of}`
    if (seen.has(label)) report(scope.sink, 'air.duplicate_name', path, `${shown(of)} has a migration already`)
    seen.add(label)
    checkMigration(scope, migration, path)
  }
}

function checkApprovals({ manifest, sink }: Scope): void {
  const seen = new Set<string>()
  for (const [index, rule] of manifest.approvals.entries()) {
    const path = ['approvals', index]
    const label = JSON.stringify([rule.authority, rule.role])
    if (seen.has(label)) report(sink, 'air.duplicate_name', path, 'there is a rule of this authority and role already')
    seen.add(label)
    const { role, count } = rule
    const able = manifest.approvers.filter((approver) => mayCount(rule, approver.roles))
    if (role !== undefined && able.length === 0) {
      report(sink, 'air.unknown_role', [...path, 'role'], `no approver has the role ${shown(role)}`)
    } else if (count > able.length) {
      const message = `expected at most ${able.length}, the number of approvers who can count, found ${count}`
      report(sink, 'air.quorum', [...path, 'count'], message)
    }
  }
}

function mayCount({ role }: ApprovalRule, roles: readonly string[]): boolean {
  return role === undefined || roles.includes(role)
}

function checkMigration(scope: Scope, migration: Migration, path: ErrorPath): void {
  const module = needModule(scope, migration.module, [...path, 'module'])
  const current = migration.kind === 'state' ? stateOf(scope, migration.reducer, path) : migration.event
  if (migration.kind === 'event') checkSchemaName(scope, migration.event, [...path, 'event'])
  if (module === undefined) return
  const at = [...path, 'module']
  const refuse = (problem: string): void => {
    report(scope.sink, 'air.abi_mismatch', at, `${shown(migration.module)} cannot migrate: ${problem}`)
  }
  if (module.pure === undefined) refuse('it is not pure')
  else if (module.pure.context !== undefined) refuse('it asks for a context, so reads could show what is never stored')
  else if (current !== undefined && module.pure.output !== current) {
    refuse(`it gives ${module.pure.output}, expected ${current}`)
  }
}

/** The state schema of a listed reducer. */
function stateOf(scope: Scope, name: string, path: ErrorPath): string | undefined {
  const at = [...path, 'reducer']
  const module = needModule(scope, name, at)
  if (module === undefined) return undefined
  if (module.reducer === undefined) report(scope.sink, 'air.not_a_reducer', at, `${shown(name)} is not a reducer`)
  return module.reducer?.state
}

function needModule(scope: Scope, name: string, path: ErrorPath): DefModule | undefined {
  if (scope.listedModules.has(name)) return scope.modules.get(name) ?? BUILTIN_MODULES.get(name)
  report(scope.sink, 'air.unknown_module', path, `the module ${shown(name)} is not listed`)
  return undefined
}
