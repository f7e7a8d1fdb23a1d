/** The release this bundle belongs to; a test compares it with package.json. */
export const VERSION = '0.1.0'
