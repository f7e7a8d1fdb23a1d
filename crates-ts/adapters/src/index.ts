/** @aos/adapters: what performs effects (spec/13-adapters.md). */
export type { Adapter, AdapterCall, AdapterResult, BlobAccess, GrantView } from './port.ts'
