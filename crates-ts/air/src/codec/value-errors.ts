/** Every code that the value codecs and lenses produce, beside those of `../errors.ts` (spec/03-values.md, "Errors"). */
export const AIR_VALUE_ERRORS = {
  'air.ambiguous_literal': 'A literal reads as two different values, one per reading.',
  'air.arm_payload': 'A variant arm of type unit has a payload, or another arm has none.',
  'air.bad_base64': 'A text in a bytes slot is not padded standard base64.',
  'air.bad_dec128': 'A text is not a dec128: plain decimal digits, at most 34, without an exponent.',
  'air.bad_duration':
    'A text in a duration slot is neither nanoseconds, nor an ISO 8601 duration, nor like 5s or 250ms.',
  'air.bad_hash': 'A text is not sha256: and 64 lower-case hexadecimal digits.',
  'air.bad_text': 'A text holds a lone surrogate.',
  'air.bad_time': 'A text in a time slot is neither nanoseconds nor an RFC 3339 instant.',
  'air.bad_uuid': 'A text is not a UUID in its lower-case canonical form.',
  'air.duplicate_map_key': 'A map value has the same key twice.',
  'air.integer_range': 'An integer is outside the range of its type.',
  'air.missing_field': 'A record lacks a field of its type.',
  'air.not_canonical': 'The items of a set are not strictly ascending by their encoded bytes.',
  'air.not_integer':
    'A number or text in an integer slot is not a plain decimal integer: no fraction, no exponent, no minus zero.',
  'air.recursive_type': 'A type contains itself through its references.',
  'air.type_mismatch': 'A value is not of the kind that its type demands.',
  'air.unknown_arm': 'A variant names an arm that its type does not have.',
  'air.unknown_key': 'A record or a literal has a key that its type does not have.',
  'air.unknown_schema': 'A reference names a schema that is not in the table.',
} as const

/** A code of the value codecs and lenses. */
export type AirValueErrorCode = keyof typeof AIR_VALUE_ERRORS
