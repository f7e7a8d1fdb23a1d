/** SHA-256 by OpenSSL: the port that the host gives to everything. */
export { nodeSha256 } from '@aos/store'
