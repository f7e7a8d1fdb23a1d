/** @aos/effects: signing statements (spec/06-kernel.md, "Signatures"). */
export { makeRequestStatement, signingBytes } from './statement.ts'
export type { SigningKeyId, SigningPurpose } from './statement.ts'
