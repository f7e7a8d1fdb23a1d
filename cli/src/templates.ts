/** What `aos init` can make. The files lie in `cli/templates`; those of `counter` are an example, `empty` has none. */

/** A template, and the commands that show what it does. */
export interface Template {
  readonly name: string
  readonly describe: string
  /** Run in the new folder, in this order, each of them ends well. */
  readonly next: readonly string[]
}

/** In the order of the help. */
export const TEMPLATES: readonly Template[] = [
  {
    name: 'counter',
    describe: 'one reducer, one cell',
    next: ['aos push', `aos event send demo/CounterEvent@1 '{"Start":{"target":3}}'`, 'aos state get demo/CounterSM@1'],
  },
  {
    name: 'cells',
    describe: 'a keyed reducer: one cell for each account',
    next: [
      'aos push',
      `aos event send demo/AccountEvent@1 '{"Deposit":{"account":"ann","cents":500}}'`,
      'aos state get demo/Bank@1 --key ann',
    ],
  },
  {
    name: 'plan-http',
    describe: 'a plan that asks the web under a grant and a policy; a script stands for the network',
    next: [
      'aos push',
      `aos event send demo/PageEvent@1 '{"Check":{"url":"https://example.com/"}}' --wait=10s`,
      'aos state get demo/Pages@1 --key https://example.com/',
    ],
  },
  {
    name: 'agent',
    describe: 'a model that asks for tools, and a person who decides about money; scripts stand for model and shop',
    next: [
      'aos push',
      `aos event send demo/DeskEvent@1 '{"Ask":{"task":"t1","question":"Order 17 came broken. Can I have my money back?"}}' --wait=10s`,
      'aos approvals ls',
      'aos approve "$(aos approvals ls --ids)" --wait=10s',
      'aos state get demo/Desk@1 --key t1',
    ],
  },
  {
    name: 'workspace',
    describe: 'notes that are files with a history, written by a plan and changed by you',
    next: [
      'aos push',
      `aos event send demo/NoteEvent@1 '{"Write":{"note":"hello","text":"Hello."}}'`,
      'aos ws cat notes/hello.md',
      'aos ws log notes',
      'aos state get demo/Notes@1 --key hello',
    ],
  },
  { name: 'empty', describe: 'a manifest that lists nothing', next: ['aos push', 'aos status'] },
]

/** For the end of `aos init --help`. */
export function describeTemplates(): string {
  const width = Math.max(...TEMPLATES.map(({ name }) => name.length))
  return ['Templates:', ...TEMPLATES.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`)].join('\n')
}
