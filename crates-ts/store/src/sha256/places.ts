/** Where things lie in the memory of the SHA-256 module; its writer and its caller share them. */

/** The message of `one`. */
export const ONE_AT = 0
/** Two blocks. The module takes longer messages, but from here on OpenSSL is as quick. */
export const ONE_BYTES_MAX = 119
/** The longest message of one block. */
export const ONE_BLOCK_BYTES_MAX = 55
/** Words of the schedule, with the round constants added. */
export const SCHEDULE_AT = 1024
export const ONE_DIGEST_AT = 2048
/** Four digests, one behind the other. */
export const FOUR_DIGESTS_AT = 3072
/** Distance of messages that are hashed together. */
export const SLOT_BYTES = 512
/** Four slots for nodes of a Merkle log. */
export const MERKLE_SLOTS_AT = 8192
/** Nodes of a Merkle log. */
export const NODES_AT = 16384
