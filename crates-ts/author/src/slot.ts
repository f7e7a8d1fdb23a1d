/** What may be written where a value of a type is expected (spec/03-air.md, "Slots"). */
import type {
  AirType,
  Fields,
  ListType,
  MapType,
  OptionType,
  Primitive,
  PrimitiveName,
  RecordType,
  Schema,
  SetType,
  Unnamed,
  VariantType,
} from './air-type.ts'
import type { PartsTerm, Term } from './expression.ts'
import type { Secret } from './secret.ts'

/** Names of the fields that may be left out: those whose type is an option. */
type OptionalName<F extends Fields> = { [K in keyof F]: IsOption<F[K]> extends true ? K : never }[keyof F]

type IsOption<T> = Unnamed<T> extends OptionType ? true : false

type IsUnit<T> = Unnamed<T> extends Primitive<'unit'> ? true : false

/** One object instead of two: messages of the compiler are shorter by it. */
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** Texts, numbers and so on as JSON has them; bigint for numbers over 2^53. */
export interface Plain {
  readonly bool: boolean
  readonly int: number | bigint
  readonly nat: number | bigint
  readonly dec128: string
  readonly bytes: string | Uint8Array
  readonly text: string
  readonly time: string | number | bigint
  readonly duration: string | number | bigint
  readonly hash: string
  readonly uuid: string
  readonly unit: null
}

/** Where an int is expected a nat will do, and the other way round; nothing else is converted. */
interface Sorts {
  readonly bool: 'bool'
  readonly int: 'int' | 'nat'
  readonly nat: 'int' | 'nat'
  readonly dec128: 'dec128'
  readonly bytes: 'bytes'
  readonly text: 'text'
  readonly time: 'time'
  readonly duration: 'duration'
  readonly hash: 'hash'
  readonly uuid: 'uuid'
  readonly unit: 'null'
}

/** A constant of a type: records as objects, a variant as `{ Arm: value }` or, for an arm without payload, `'Arm'`. */
export type Literal<T extends AirType> = [AirType] extends [T] ? unknown : LiteralOf<T>

type LiteralOf<T extends AirType> =
  T extends Schema<string, infer U extends AirType>
    ? Literal<U>
    : T extends RecordType<infer F extends Fields>
      ? Flat<
          { readonly [K in Exclude<keyof F, OptionalName<F>>]: Literal<F[K]> } & {
            readonly [K in OptionalName<F>]?: Literal<F[K]>
          }
        >
      : T extends VariantType<infer A extends Fields>
        ? OneArm<A, { readonly [K in keyof A]: Literal<A[K]> }>
        : T extends OptionType<infer U extends AirType>
          ? Literal<U> | null
          : T extends ListType<infer U extends AirType> | SetType<infer U extends AirType>
            ? readonly Literal<U>[]
            : T extends MapType<infer K, infer V extends AirType>
              ? MapOf<K['kind'], Literal<K>, Literal<V>>
              : T extends Primitive<infer N extends PrimitiveName>
                ? Plain[N]
                : never

/** A constant, something computed, or an object or list with either inside. */
export type Slot<T extends AirType> = [AirType] extends [T] ? unknown : SlotOf<T>

type SlotOf<T extends AirType> =
  T extends Schema<'sys/SecretRef@1', infer U extends AirType>
    ? Slot<U> | Secret
    : T extends Schema<string, infer U extends AirType>
      ? Slot<U>
      : T extends RecordType<infer F extends Fields>
        ? Flat<
            { readonly [K in Exclude<keyof F, OptionalName<F>>]: Slot<F[K]> } & {
              readonly [K in OptionalName<F>]?: Slot<F[K]>
            }
          >
        : T extends VariantType<infer A extends Fields>
          ? OneArm<A, { readonly [K in keyof A]: Slot<A[K]> }> | VariantSlot<A>
          : T extends OptionType<infer U extends AirType>
            ? Slot<U> | null | OptionSlot<U>
            : T extends ListType<infer U extends AirType>
              ? readonly Slot<U>[] | ListSlot<U>
              : T extends SetType<infer U extends AirType>
                ? readonly Slot<U>[] | SetSlot<U>
                : T extends MapType<infer K, infer V extends AirType>
                  ? MapOf<K['kind'], Slot<K>, Slot<V>> | MapSlot<K, V>
                  : T extends Primitive<infer N extends PrimitiveName>
                    ? Plain[N] | Term<Sorts[N]>
                    : never

/** Something computed that has arms of these types. */
export interface VariantSlot<A extends Fields> extends PartsTerm<'variant', { readonly [K in keyof A]?: Slot<A[K]> }> {}

/** Something computed that is nothing, or what fits. */
export interface OptionSlot<T extends AirType> extends PartsTerm<'option', Slot<T>> {}

/** A computed list of what fits. */
export interface ListSlot<T extends AirType> extends PartsTerm<'list', Slot<T>> {}

/** A computed set of what fits. */
export interface SetSlot<T extends AirType> extends PartsTerm<'set', Slot<T>> {}

/** A computed map of keys and values that fit. */
export interface MapSlot<K extends AirType, V extends AirType> extends PartsTerm<
  'map',
  { readonly key: Slot<K>; readonly value: Slot<V> }
> {}

/** An object with exactly one of the arms, or the bare name of an arm without payload. */
type OneArm<A extends Fields, V extends { readonly [K in keyof A]: unknown }> = {
  [K in keyof A]: IsUnit<A[K]> extends true ? K | ArmOnly<A, K, V> : ArmOnly<A, K, V>
}[keyof A]

type ArmOnly<A extends Fields, K extends keyof A, V extends { readonly [P in keyof A]: unknown }> = {
  readonly [P in K]: V[K]
} & { readonly [P in Exclude<keyof A, K>]?: never }

/** With text keys an object; pairs of key and value otherwise, or when keys are computed. */
type MapOf<N extends PrimitiveName, K, V> =
  readonly (readonly [key: K, value: V])[] | (N extends 'text' ? { readonly [key: string]: V } : never)
