/** What comments may not be: debts without an issue, and orders to a tool to look away without a reason. */

const word = (...parts: readonly string[]): string => parts.join('') // so that this file does not find itself

const RULES: readonly (readonly [fault: string, pattern: RegExp])[] = [
  ['a debt without an issue', new RegExp(`\\b${word('TO', 'DO')}\\b(?!\\(#\\d+\\): \\S)`)],
  ['a tag that nobody reads', new RegExp(`\\b(${word('FIX', 'ME')}|${word('HA', 'CK')}|${word('XX', 'X')})\\b`)],
  ['a rule is off without a reason', new RegExp(`${word('eslint', '-disable')}(?!.* -- \\S+ \\S)`)],
  ['a rule is off for a whole file', new RegExp(`/\\* *${word('eslint', '-disable')}(?!-)`)],
  // Guests have decorators that TypeScript does not know, so an order to look away may stand; its reason must too.
  [
    'the compiler looks away without a reason',
    new RegExp(`@${word('ts', '-')}(ignore|nocheck|expect-error)(?!:? +\\w)`),
  ],
  ['a test is alone or left for later', /\b(describe|it|test)\.(only|todo)\b/],
]

/** `line: what is wrong`, in the order of lines. */
export function commentFaults(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      RULES.filter(([, pattern]) => pattern.test(line)).map(([fault]) => `${index + 1}: ${fault}`),
    )
}
