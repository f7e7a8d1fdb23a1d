/**
 * The tables of error codes in the packages' `errors.ts`, and the part of spec/08-errors.md that is made from them.
 *
 * Tables are read from the source text, so that a package does not have to be loaded to be listed.
 */
import ts from 'typescript'
import { PACKAGES, isShipped } from '../tidy/graph.ts'
import { listFiles, readText } from '../tidy/tree.ts'

export interface CodeRow {
  readonly code: string
  readonly meaning: string
  readonly packageName: string
}

export const CHAPTER = 'spec/08-errors.md'

const BEGIN = '<!-- codes: made by conformance/errors-table.ts, do not edit -->'
const END = '<!-- end of codes -->'

/** Every row of every `export const …_ERRORS` in a package's error tables, by code. */
export function readCodeTables(): readonly CodeRow[] {
  const rows = PACKAGES.flatMap((rule) => {
    const paths = listFiles(rule.folder).filter(isErrorTable)
    return paths.flatMap((path) => {
      const source = ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2023)
      return source.statements.flatMap((statement) => tableRows(statement, path, rule.name))
    })
  })
  return rows.sort((left, right) => (left.code < right.code ? -1 : 1))
}

/** `errors.ts`, or `value-errors.ts` and the like, anywhere in a package's sources. */
export function isErrorTable(path: string): boolean {
  return isShipped(path) && /[/-]errors\.ts$/.test(path)
}

function tableRows(statement: ts.Statement, path: string, packageName: string): readonly CodeRow[] {
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.flatMap((declaration) => {
    if (!ts.isIdentifier(declaration.name) || !declaration.name.text.endsWith('_ERRORS')) return []
    const table = withoutAssertions(declaration.initializer)
    if (table === undefined || !ts.isObjectLiteralExpression(table)) {
      throw new Error(`${path}: ${declaration.name.text} is not an object literal`)
    }
    return table.properties.map((property) => {
      if (!ts.isPropertyAssignment(property) || !ts.isStringLiteral(property.name)) {
        throw new Error(`${path}: ${declaration.name.getText()} holds something else than 'area.reason': 'meaning'`)
      }
      return { code: property.name.text, meaning: literalText(property.initializer, path), packageName }
    })
  })
}

function withoutAssertions(node: ts.Expression | undefined): ts.Expression | undefined {
  if (node !== undefined && (ts.isAsExpression(node) || ts.isSatisfiesExpression(node))) {
    return withoutAssertions(node.expression)
  }
  return node
}

/** A literal, or literals joined by `+`. */
function literalText(node: ts.Expression, path: string): string {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return literalText(node.left, path) + literalText(node.right, path)
  }
  throw new Error(`${path}: the meaning of a code must be a literal`)
}

export function areaOf(code: string): string {
  return code.slice(0, code.indexOf('.'))
}

/** The generated part of the chapter: one table per area. */
export function formatCodeTables(rows: readonly CodeRow[]): string {
  const areas = [...new Set(rows.map((row) => areaOf(row.code)))]
  const sections = areas.map((area) => {
    const own = rows.filter((row) => areaOf(row.code) === area)
    const lines = own.map((row) => `| \`${row.code}\` | ${sentence(row.meaning)} |`)
    return `### \`${area}\`\n\n| code | meaning |\n| --- | --- |\n${lines.join('\n')}\n`
  })
  return `${BEGIN}\n\n${sections.join('\n')}\n${END}`
}

function sentence(meaning: string): string {
  const text = meaning.trim().replaceAll('|', '\\|')
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}

/** The chapter with its generated part made anew; what is written by hand stays. */
export function renewChapter(chapter: string, rows: readonly CodeRow[]): string {
  const from = chapter.indexOf(BEGIN)
  const to = chapter.indexOf(END)
  if (from < 0 || to < from) throw new Error(`${CHAPTER} has lost the marks around its generated part`)
  return chapter.slice(0, from) + formatCodeTables(rows) + chapter.slice(to + END.length)
}
