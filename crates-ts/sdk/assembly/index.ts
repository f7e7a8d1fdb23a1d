/** The guest SDK: what a reducer in AssemblyScript is written against. Its classes come from the world's schemas. */
export { ItemSorter, Some, SortedMap, SortedSet } from './collections'
export {
  alloc,
  closeOutput,
  openContext,
  openEvent,
  openInput,
  openOutput,
  openPureOutput,
  openState,
} from './envelope'
export { compareKeys } from './order'
export { Output, encodeTextKey, encodeValue } from './output'
export {
  matchLiteral,
  matchWord,
  matchWords,
  openPayload,
  openValueBytes,
  openVariant,
  readArray,
  readBool,
  readBytes,
  readInt,
  readMap,
  readNat,
  readNull,
  readText,
  readUnit,
  skipItem,
  skipPayload,
} from './reader'
export { trapMissingField, trapUnknownArm, trapWrongArm } from './trap'
export {
  closeBytes,
  openBytes,
  writeArray,
  writeBool,
  writeBytes,
  writeInt,
  writeMap,
  writeNat,
  writeNull,
  writeText,
  writeWord,
} from './writer'
