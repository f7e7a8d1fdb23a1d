/**
 * Which exports have a docstring that says something (ARCHITECTURE.md, "Rings": what a package is to others).
 *
 * A door is a list of re-exports; what it names is followed through the files to where it is declared.
 */
import { posix } from 'node:path'
import ts from 'typescript'

/** A named declaration that leaves its file. */
export interface ExportSeen {
  readonly name: string
  readonly path: string
  readonly doc: string
  readonly node: ts.Declaration
}

export type Load = (path: string) => ts.SourceFile

/** What the file itself declares and exports; overloads and re-opened interfaces once, with all they say. */
export function exportsOf(source: ts.SourceFile): readonly ExportSeen[] {
  const listed = new Set(source.statements.flatMap((statement) => localExports(statement).map(({ inner }) => inner)))
  const seen = new Map<string, ExportSeen>()
  for (const statement of source.statements) {
    const exported = ts.canHaveModifiers(statement) && hasExport(statement)
    for (const { name, node } of declarationsOf(statement)) {
      if (!exported && !listed.has(name)) continue
      const doc = `${seen.get(name)?.doc ?? ''} ${docOf(statement)}`.trim()
      seen.set(name, { name, path: source.fileName, doc, node })
    }
  }
  return [...seen.values()]
}

/** Everything a door leads to in its own package, by the names it gives them. What another package declares is asked there. */
export function reachable(door: string, load: Load): readonly ExportSeen[] {
  const own = new Map(exportsOf(load(door)).map((found) => [found.name, found]))
  for (const statement of load(door).statements) {
    if (!ts.isExportDeclaration(statement)) continue
    const from = statement.moduleSpecifier
    if (from === undefined || !ts.isStringLiteral(from) || !from.text.startsWith('.')) continue
    const inside = reachable(posix.join(posix.dirname(door), from.text), load)
    for (const found of inside) {
      if (statement.exportClause === undefined) own.set(found.name, found)
    }
    for (const { inner, outer } of localExports(statement)) {
      const found = inside.find(({ name }) => name === inner)
      if (found !== undefined) own.set(outer, { ...found, name: outer })
    }
  }
  return [...own.values()]
}

/** Lines of docstrings that another one follows: something was put between them and what they are about. */
export function lostDocstrings(source: ts.SourceFile): readonly string[] {
  const { text } = source
  return source.statements.flatMap((statement, index) => {
    const comments = ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []
    const docs = comments.filter(({ pos }) => text.startsWith('/**', pos))
    const lost = docs.slice(index === 0 ? 1 : 0, -1) // before the first statement stands what the file is about
    return lost.map(({ pos }) => `${source.fileName}:${source.getLineAndCharacterOfPosition(pos).line + 1}`)
  })
}

/** True if the text is more than the name said again: at least four words, two of weight that the name does not have. */
export function saysSomething(name: string, doc: string): boolean {
  const words = wordsOf(doc)
  const named = new Set(wordsOf(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')))
  const isOwn = (word: string): boolean => !LIGHT.has(word) && !named.has(word) && !named.has(word.replace(/s$/, ''))
  return words.length >= 4 && words.filter(isOwn).length >= 2
}

/** Words that every sentence has. */
const LIGHT: ReadonlySet<string> = new Set('a an the of to in for and or is are it its this that with'.split(' '))

/** `keyof typeof TABLE` and `(typeof LIST)[number]`: the docstring stands at the table. */
export function isDerivedType({ node }: ExportSeen): boolean {
  if (!ts.isTypeAliasDeclaration(node)) return false
  const type = ts.isIndexedAccessTypeNode(node.type) ? node.type.objectType : node.type
  const inner = ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type) ? type.type : type
  return ts.isTypeQueryNode(inner)
}

/** Members that are an amount under a name that fits any: `size: number` of what? Their docstring has to say. */
export function bareAmounts(found: ExportSeen): readonly string[] {
  if (!ts.isInterfaceDeclaration(found.node)) return []
  return found.node.members.filter(ts.isPropertySignature).flatMap((member) => {
    const name = ts.isIdentifier(member.name) ? member.name.text : ''
    return isAmount(member.type) && UNITLESS.has(name) && docOf(member) === '' ? [name] : []
  })
}

const UNITLESS: ReadonlySet<string> = new Set(
  'size length from to start end total rest limit timeout interval delay at position since until age cost'.split(' '),
)

function isAmount(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return false
  if (ts.isUnionTypeNode(type)) return type.types.some(isAmount)
  return type.kind === ts.SyntaxKind.NumberKeyword || type.kind === ts.SyntaxKind.BigIntKeyword
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

/** The comment that stands last before it; one further up has lost its declaration. */
function docOf(node: ts.Node): string {
  const doc = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)
  return ts.getTextOfJSDocComment(doc?.comment) ?? ''
}

function hasExport(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function localExports(statement: ts.Statement): readonly { readonly inner: string; readonly outer: string }[] {
  if (!ts.isExportDeclaration(statement)) return []
  const clause = statement.exportClause
  if (clause === undefined || !ts.isNamedExports(clause)) return []
  return clause.elements.map((element) => ({
    inner: (element.propertyName ?? element.name).text,
    outer: element.name.text,
  }))
}

interface Declared {
  readonly name: string
  readonly node: ts.Declaration
}

function declarationsOf(statement: ts.Statement): readonly Declared[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((node) =>
      ts.isIdentifier(node.name) ? [{ name: node.name.text, node }] : [],
    )
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return named && statement.name !== undefined ? [{ name: statement.name.text, node: statement }] : []
}
