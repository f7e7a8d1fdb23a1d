/** What a JSON Schema document is here (spec/schemas/README.md). */
import type { TSchema } from '@sinclair/typebox'

/** A document that people or tools write or read as JSON. */
export interface JsonDocument {
  /** `urn:aos:schema:<name>`, and the name of the file. */
  readonly name: string
  readonly title: string
  readonly schema: TSchema
  /** What `#/$defs/<key>` in the schema stands for. */
  readonly parts: Readonly<Record<string, TSchema>>
}
