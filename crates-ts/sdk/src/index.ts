/** @aos/sdk: what reducer authors are given — the guest SDK's sources and classes generated from schemas. */
export { GUEST_GENERATED_DIR, GUEST_SDK_DIR, guestTsconfig } from './editor.ts'
export { SDK_ERRORS } from './errors.ts'
export { GENERATED_FILE, GLUE_FILE, generateGuest } from './gen/generate.ts'
export type { GuestRequest } from './gen/generate.ts'
export { readSdkFiles } from './sources.ts'
export type { SdkFilesOptions } from './sources.ts'
export { generateClientTypes } from './client/client-types.ts'
export type { ClientTypesRequest } from './client/client-types.ts'
