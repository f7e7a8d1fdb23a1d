/**
 * The codes of JSON, types, definitions and manifests (spec/08-errors.md is made from this table). Those of values stand
 * in `codec/value-errors.ts`; a code that both produce is listed there only.
 */
import type { AirValueErrorCode } from './codec/value-errors.ts'

/** What each code of reading and checking definitions means (spec/03-air.md, "Issues"). */
export const AIR_ERRORS = {
  'air.abi_mismatch': 'A module does not have exactly the ABI section of its kind.',
  'air.ambiguous_type': 'A type expression has the keys of two forms.',
  'air.bad_context': 'A module asks for a context other than the one of its kind.',
  'air.bad_event_schema':
    'A reducer event schema is not a reference, a record, or a variant of references to different schemas.',
  'air.bad_json': 'The text is not one JSON value as AIR reads JSON.',
  'air.bad_key_schema': 'A key schema is not of the sort int, nat, text, uuid or hash.',
  'air.bad_map_key': 'A map has keys of a sort other than int, nat, text, uuid or hash.',
  'air.bad_name': 'A name is not spelled as names of its sort are.',
  'air.bad_type': 'A type expression is none of the known forms.',
  'air.bad_version': 'The AIR version is not "1".',
  'air.duplicate_key': 'A JSON object has the same key twice.',
  'air.duplicate_manifest': 'The sources hold more than one manifest.',
  'air.duplicate_name': 'Two definitions of one kind, or two entries of one list, have the same name.',
  'air.duplicate_route': 'Two routes lead the same event to the same reducer.',
  'air.hash_mismatch': 'A manifest names another hash than that of the definition.',
  'air.invariant': 'A rule that this package holds for itself is broken: a defect of the program.',
  'air.not_a_reducer': 'A route leads to a module that is not a reducer.',
  'air.receipt_event_missing': 'A reducer emits an effect whose receipt event its event schema does not take.',
  'air.reserved_name': 'A name under sys/ is not one of the built-in definitions.',
  'air.route_event': 'A reducer does not take the event of a route: it is neither its event schema nor a member of it.',
  'air.route_key_missing': 'A route to a keyed reducer has no key field.',
  'air.route_key_path': 'The key field of a route does not lead to a field that every form of the event has.',
  'air.route_key_type': 'The key field of a route has another type than the key schema of the reducer.',
  'air.route_key_unexpected': 'A route to a reducer without a key has a key field.',
  'air.too_deep': 'JSON, a type expression, or a schema with its references followed, is nested too deeply.',
  'air.too_large': 'A definition, or a list in one, is larger than the limit.',
  'air.unknown_kind': 'A definition has no known $kind.',
  'air.unknown_module': 'A manifest or a route names a module that is not there.',
  'air.unsupported': 'A kind of definition, or a section of a manifest, that this version does not carry out.',
} as const

/** Codes of the issues that definitions and manifests can have; values have their own table. */
export type AirErrorCode = keyof typeof AIR_ERRORS | AirValueErrorCode
