/** How guests are compiled. Whatever changes here changes the bytes of every module, and so its hash. */
export const ASC_FLAGS: readonly string[] = [
  '-O3',
  // A step ends by resetting the whole memory: collecting garbage would be waste.
  '--runtime',
  'stub',
  // A failed assertion is a trap, not an import.
  '--use',
  'abort=',
  // Without it the first call of a fresh instance would grow the memory and differ from the second.
  '--initialMemory',
  '1',
  // The names of functions; `keepFunctionNames` drops what else it adds.
  '--debug',
]
