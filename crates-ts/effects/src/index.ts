/** @aos/effects: what is asked for, what is signed about it (spec/06-kernel.md, "Signatures"; spec/12-receipts.md). */
export { EFFECTS_ERRORS, type EffectsErrorCode } from './errors.ts'
export { hashIntent, hashRequest, type EffectOrigin, type EffectRequest } from './intent.ts'
export { RECEIPT_STATUSES, receiptSigningBytes, writeCost, type Receipt, type ReceiptStatus } from './receipt.ts'
export { approvalStatement, type Approval } from './approval.ts'
export { BATCH_SIZE_MAX, batchSigningBytes, makeBatch, type Batch, type BatchPlace } from './batch.ts'
export { KnownBatch } from './known-batch.ts'
export { makeRequestStatement, signingBytes } from './statement.ts'
export type { RequestStatement, SigningKeyId, SigningPurpose } from './statement.ts'
