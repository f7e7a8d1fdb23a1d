/** @aos/effects: signing statements (spec/06-kernel.md, "Signatures"). */
export { makeRequestStatement, signingBytes } from './statement.ts'
export type { RequestStatement, SigningKeyId, SigningPurpose } from './statement.ts'
