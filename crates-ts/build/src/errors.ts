/** Every code that this package can produce (spec/08-errors.md). */
export const BUILD_ERRORS = {
  'build.bad_sources': 'The sources of a module lack index.ts or contain a file that the generator makes.',
  'build.compile_failed': 'The compiler refused the sources; details.diagnostics has file, line, column and message.',
  'build.compiler_crashed': 'The compiler met sources that it neither accepts nor refuses.',
  'build.world_refused':
    'A world file does not compile, or imports what a world file cannot have; details.diagnostics has file, line and column.',
  'build.world_failed': 'A world file throws; the message begins with the place.',
  'build.world_timeout': 'A world file does not end.',
} as const
