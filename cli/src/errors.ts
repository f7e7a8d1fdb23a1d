/** Every code the command itself produces (spec/08-errors.md is generated from this table). */
export const CLI_ERRORS = {
  'cli.usage': 'The command line is not one the command understands.',
  'cli.no_checkout': 'The command works only inside the checkout.',
  'cli.unknown_example': 'There is no example of this name.',
  'cli.bad_story': 'The story of an example is not of its form, or did not come out.',
  'cli.unknown_template': 'There is no template of this name.',
  'cli.unknown_bench': 'There is no bench of this name.',
  'cli.bad_base': 'The file to compare with is not an earlier run of the benches.',
  'cli.bad_line': 'A line of the stream is not one event.',
  'cli.internal': 'The command has a bug; AOS_DEBUG=1 shows where.',
} as const

export type CliErrorCode = keyof typeof CLI_ERRORS
