/** Every code that this package can produce (spec/08-errors.md). */
export const BUILD_ERRORS = {
  'build.bad_sources': 'The sources of a module lack index.ts or contain a file that the generator makes.',
  'build.compile_failed': 'The compiler refused the sources; details.diagnostics has file, line, column and message.',
  'build.compiler_crashed': 'The compiler met sources that it neither accepts nor refuses.',
  'build.world_refused':
    'A world file does not compile, or imports what a world file cannot have; details.diagnostics has file, line and column.',
  'build.world_failed': 'A world file throws; the message begins with the place.',
  'build.world_timeout': 'A world file does not end.',
  'build.engine_mismatch': 'The installed JavaScript engine is not the one that this release was made with.',
  'build.host_use':
    'A module in TypeScript or JavaScript uses a clock, chance, a timer or a host; details.uses has file, line, column and name.',
  'build.script_failed':
    'The top level of a module in TypeScript or JavaScript throws, does not end or needs too much memory.',
  'build.tool_missing': 'A compiler that is not a part of this release is not installed; the hint says how to get it.',
} as const
