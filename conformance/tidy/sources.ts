/** What a TypeScript source imports and which string literals it holds, by the compiler's own parser. */
import ts from 'typescript'
import { readText } from './tree.ts'

export interface ImportSeen {
  readonly specifier: string
  /** Erased by the compiler: `import type`, `export type … from`. */
  readonly typeOnly: boolean
}

export interface SourceFacts {
  readonly imports: readonly ImportSeen[]
  readonly literals: readonly string[]
  /** What templates with a hole begin with. */
  readonly templateHeads: readonly string[]
}

const parsed = new Map<string, ts.SourceFile>()
const cache = new Map<string, SourceFacts>()

/** The syntax tree of one file of the repository, with parents. Kept, because parsing is what these tests spend. */
export function parseSource(path: string): ts.SourceFile {
  const known = parsed.get(path)
  if (known !== undefined) return known
  const source = parseText(path, readText(path))
  parsed.set(path, source)
  return source
}

/** The same for a text that stands nowhere: faults planted to see a rule fail. */
export function parseText(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
}

/** Facts about one file of the repository. Kept, because several tests ask. */
export function readSource(path: string): SourceFacts {
  const known = cache.get(path)
  if (known !== undefined) return known
  const facts = factsOf(parseSource(path))
  cache.set(path, facts)
  return facts
}

/** Facts about one syntax tree. */
export function factsOf(source: ts.SourceFile): SourceFacts {
  const imports: ImportSeen[] = []
  const literals: string[] = []
  const templateHeads: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) literals.push(node.text)
    if (ts.isTemplateExpression(node)) templateHeads.push(node.head.text)
    const seen = importOf(node)
    if (seen !== undefined) imports.push(seen)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { imports, literals, templateHeads }
}

function importOf(node: ts.Node): ImportSeen | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    return { specifier: node.moduleSpecifier.text, typeOnly }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments
    if (specifier !== undefined && ts.isStringLiteral(specifier)) return { specifier: specifier.text, typeOnly: false }
  }
  return undefined
}
