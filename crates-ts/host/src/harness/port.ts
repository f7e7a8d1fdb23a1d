/** The test harness of reducers as an author sees it (spec/20-authoring.md, "Tests"). It stands alone: authors get these types as they are. */

/** Types of the values in a test; those of `aos gen types` fit. Without them any JSON will do. */
export interface TestTypes {
  /** The state in the sugar lens. */
  readonly state?: unknown
  /** The event as `aos event send` takes it. */
  readonly event?: unknown
}

/** An effect that a step asks for. */
export interface TestEffect {
  readonly kind: string
  readonly params: unknown
  /** Left out when the step names none. */
  readonly slot?: string
  /** In base 64; left out when the step gives none. */
  readonly idempotency_key?: string
}

/** An event that a step raises. */
export interface TestEvent {
  readonly schema: string
  readonly value: unknown
  /** Canonical CBOR in base 64; left out when the step gives none, so that routing derives it. */
  readonly key?: string
}

/** What a step learns from the context that its module declares. */
export interface TestContext {
  /** RFC 3339, or nanoseconds; default 2000-01-01T00:00:00Z. */
  readonly now?: string | bigint
  /** RFC 3339, or nanoseconds; default `now`. */
  readonly logicalNow?: string | bigint
  /** The height of the entry; default 1. */
  readonly height?: number
  /** 64 bytes; default zeros. */
  readonly entropy?: Uint8Array
  /** The key of the cell, of the reducer's key schema. */
  readonly key?: unknown
}

/** What a step did. Values are JSON in the sugar lens. */
export interface TestStep<Types extends TestTypes> {
  /** `ok`, `trap`, `out_of_fuel`, `stack_overflow` or `bad_output`. */
  readonly outcome: string
  /** After the step; null when there is no cell. As it was when the step failed. */
  readonly state: Types['state'] | null
  readonly effects: readonly TestEffect[]
  readonly events: readonly TestEvent[]
  readonly fuel: number
  /** Where and why the step failed. */
  readonly note: string | undefined
}

/** A cell, ready for an event. */
export interface Given<Types extends TestTypes> {
  /** Runs the step of one event as a world would. Throws `air.*` for an event that is not of its schema. */
  when(event: Types['event']): Stepped<Types>
}

/** A step that has run. Another `when` goes on from the state that it left. */
export interface Stepped<Types extends TestTypes> extends Given<Types> {
  readonly step: TestStep<Types>
  /**
   * Throws an assertion error unless the step was `ok` and left exactly this state, these effects and these events, each in
   * their order. Values may be written in any way that the schema reads; null says that there is no cell.
   */
  then(state: Types['state'] | null, effects?: readonly TestEffect[], events?: readonly TestEvent[]): Given<Types>
  /** Throws an assertion error unless the step failed, and its note holds the text or matches. */
  thenFails(note?: string | RegExp): Given<Types>
}

/** A compiled reducer under test: bytes as a push would install them, in the runtime that worlds use. */
export interface ReducerHarness<Types extends TestTypes> {
  /** A cell with this state; null for none. Throws `air.*` for a state that is not of its schema. */
  given(state: Types['state'] | null, context?: TestContext): Given<Types>
  /** The SHA-256 of the module. */
  readonly wasmHash: string
}

/** Where the world is. */
export interface TestReducerOptions {
  /** The world folder; default the one at or above the working directory. */
  readonly world?: string
}

/**
 * Compiles the world's reducer of this name unless that was done before. Throws what a push throws of definitions and
 * sources, `host.no_world` and `host.unknown_reducer`.
 */
export type TestReducer = <Types extends TestTypes = TestTypes>(
  name: string,
  options?: TestReducerOptions,
) => Promise<ReducerHarness<Types>>
