/** @aos/author: typed builders that make the AIR of a world (spec/21-world-files.md). */
export {
  bool,
  bytes,
  dec128,
  duration,
  hash,
  int,
  list,
  map,
  nat,
  option,
  record,
  schema,
  set,
  text,
  time,
  unit,
  uuid,
  variant,
} from './air-type.ts'
export type {
  AirType,
  Fields,
  KeyType,
  ListType,
  MapType,
  OptionType,
  Primitive,
  PrimitiveName,
  RecordType,
  Schema,
  SetType,
  VariantType,
} from './air-type.ts'
export { sys } from './builtin.ts'
export { AUTHOR_ERRORS } from './errors.ts'
export type { AuthorErrorCode } from './errors.ts'
export type {
  Expr,
  ListTerm,
  MapTerm,
  Merged,
  OptionTerm,
  PartsTerm,
  RecordTerm,
  SetTerm,
  Sort,
  Term,
  VariantTerm,
} from './expression.ts'
export { pure, reducer } from './module.ts'
export type { ModuleDefinition, PureOptions, Reducer, ReducerOptions } from './module.ts'
export {
  add,
  and,
  arm,
  concat,
  contains,
  div,
  endsWith,
  eq,
  ge,
  get,
  gt,
  has,
  hashBytes,
  hashOf,
  is,
  le,
  len,
  listOf,
  literal,
  lt,
  mod,
  mul,
  ne,
  not,
  now,
  or,
  present,
  recordOf,
  startsWith,
  sub,
} from './operators.ts'
export type { Beside, Ordered } from './operators.ts'
export { plan } from './plan.ts'
export type {
  AwaitEventOptions,
  AwaitReceiptOptions,
  Awaitable,
  BindingOptions,
  Bound,
  EmitOptions,
  Emitted,
  GuardedStep,
  PayloadOf,
  Plan,
  PlanOptions,
  PlanSteps,
  PlanUses,
  ReceiptStatus,
  Received,
  Step,
  StepOptions,
} from './plan.ts'
export { allow, deny, policy, requireApproval } from './policy.ts'
export type { Policy, Rule, RuleMatch, RuleTerms } from './policy.ts'
export { cap, effect, grant } from './power.ts'
export type { BudgetOptions, Cap, CapOptions, Effect, EffectOptions, Grant, GrantOptions, Scope } from './power.ts'
export { route, slots, trigger } from './routing.ts'
export type {
  Approver,
  Binding,
  EventOf,
  GrantsOf,
  IsInput,
  Route,
  RouteOptions,
  SlotBinding,
  Trigger,
} from './routing.ts'
export { secret } from './secret.ts'
export type { Secret, SecretOptions } from './secret.ts'
export type { Literal, Slot } from './slot.ts'
export { world, writeWorld } from './world.ts'
export type { World, WorldOptions } from './world.ts'
