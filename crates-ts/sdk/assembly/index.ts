/** The guest SDK: what a reducer in AssemblyScript is written against. Its classes come from the world's schemas. */
export { ItemSorter, Some, SortedMap, SortedSet } from './collections'
export {
  Output,
  PureInput,
  ReducerInput,
  alloc,
  beginOutput,
  beginPureOutput,
  beginValue,
  encodeTextKey,
  encodeValue,
  finishOutput,
} from './envelope'
export { compareKeys } from './order'
export { Reader } from './reader'
export { trapMissingField, trapUnknownArm, trapWrongArm } from './trap'
export { Writer } from './writer'
