/** Expressions as TypeScript sees them (spec/09-expressions.md). */
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

declare const SORT: unique symbol
declare const PARTS: unique symbol

/** Sorts of values; `null` is that of unit. */
export type Sort = Exclude<PrimitiveName, 'unit'> | 'null' | 'record' | 'variant' | 'list' | 'set' | 'map' | 'option'

/** Something that an expression computes when the plan runs. It has no value yet, only a sort. */
export interface Term<S extends Sort = Sort> {
  readonly [SORT]: S
}

/** A term whose parts are of known types: the items of a list, the keys and values of a map, what is in an option. */
export interface PartsTerm<S extends Sort, P> extends Term<S> {
  readonly [PARTS]: P
}

/** A record whose fields are reached by their names: `input.total`. */
export type RecordTerm<F extends Fields> = Term<'record'> & { readonly [K in keyof F]: Expr<F[K]> }

/** A variant: its arm as text under `$tag`, what the arm carries under `$value`. */
export interface VariantTerm<A extends Fields> extends PartsTerm<'variant', { readonly [K in keyof A]: Expr<A[K]> }> {
  readonly $tag: Term<'text'>
  readonly $value: Payload<A>
}

/** A value or nothing. */
export interface OptionTerm<T extends AirType> extends PartsTerm<'option', Expr<T>> {}

/** A computed list; `get` takes an item. */
export interface ListTerm<T extends AirType> extends PartsTerm<'list', Expr<T>> {}

/** Values without order or repetition. */
export interface SetTerm<T extends AirType> extends PartsTerm<'set', Expr<T>> {}

/** A computed map; `get` takes the value of a key. */
export interface MapTerm<K extends AirType, V extends AirType> extends PartsTerm<
  'map',
  { readonly key: Expr<K>; readonly value: Expr<V> }
> {}

/** What is computed to a value of a type; a bare term when nothing is known of the type. */
export type Expr<T extends AirType> = [AirType] extends [T] ? Term : ExprOf<T>

type ExprOf<T extends AirType> =
  T extends Schema<string, infer U extends AirType>
    ? Expr<U>
    : T extends RecordType<infer F extends Fields>
      ? RecordTerm<F>
      : T extends VariantType<infer A extends Fields>
        ? VariantTerm<A>
        : T extends OptionType<infer U extends AirType>
          ? OptionTerm<U>
          : T extends ListType<infer U extends AirType>
            ? ListTerm<U>
            : T extends SetType<infer U extends AirType>
              ? SetTerm<U>
              : T extends MapType<infer K, infer V extends AirType>
                ? MapTerm<K, V>
                : T extends Primitive<infer N>
                  ? Term<N extends 'unit' ? 'null' : Exclude<N, 'unit'>>
                  : never

/** Of one of several types: a field of any of them can be asked for, and has whatever types it has there. */
export type Merged<T extends AirType> = Term<'record'> & {
  readonly [K in FieldName<FieldsOf<T>>]: Expr<FieldType<FieldsOf<T>, K>>
}

type Payload<A extends Fields> = [FieldsOf<A[keyof A]>] extends [never] ? Expr<A[keyof A]> : Merged<A[keyof A]>

type FieldsOf<T> = Unnamed<T> extends infer U ? (U extends RecordType<infer F extends Fields> ? F : never) : never

type FieldName<F> = F extends unknown ? keyof F : never

type FieldType<F, K> = F extends unknown ? (K extends keyof F ? Extract<F[K], AirType> : never) : never
