/**
 * Functions that stand twice. Two bodies are the same when their syntax is, comments and layout aside and with the
 * names that the function itself gives (parameters, variables) numbered in the order in which they come.
 */
import ts from 'typescript'

/** Bodies of fewer lines, braces included, are alike by accident. */
export const TWIN_LINES_MIN = 7

interface Body {
  readonly node: ts.Node
  /** `path:line name` */
  readonly place: string
  readonly shape: string
}

/** Groups of two or more places. A function inside one that is reported already is not reported again. */
export function findTwins(sources: readonly ts.SourceFile[]): readonly (readonly string[])[] {
  const groups = new Map<string, Body[]>()
  for (const body of sources.flatMap(bodiesOf)) {
    const group = groups.get(body.shape)
    if (group === undefined) groups.set(body.shape, [body])
    else group.push(body)
  }
  const twins = [...groups.values()].filter((group) => group.length > 1)
  const reported = new Set(twins.flat().map(({ node }) => node))
  const outermost = twins.filter((group) => !group.every(({ node }) => isInside(node, reported)))
  return outermost.map((group) => group.map(({ place }) => place))
}

function isInside(node: ts.Node, reported: ReadonlySet<ts.Node>): boolean {
  for (let outer: ts.Node = node.parent; !ts.isSourceFile(outer); outer = outer.parent) {
    if (reported.has(outer)) return true
  }
  return false
}

function bodiesOf(source: ts.SourceFile): readonly Body[] {
  const found: Body[] = []
  const visit = (node: ts.Node): void => {
    if (hasBody(node) && node.body !== undefined) {
      const { body } = node
      const from = source.getLineAndCharacterOfPosition(body.getStart(source)).line
      const to = source.getLineAndCharacterOfPosition(body.getEnd()).line
      if (to - from + 1 >= TWIN_LINES_MIN) {
        const place = `${source.fileName}:${from + 1} ${nameOf(node)}`
        found.push({ node, place, shape: shapeOf(node, body) })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function hasBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
  return named?.getText() ?? '(function)'
}

/** The body as text: kinds of nodes with what distinguishes leaves. Parameters are numbered first, in their order. */
function shapeOf(node: ts.FunctionLikeDeclaration, body: ts.Node): string {
  const own = new Map<string, string>()
  const number = (name: string): void => {
    if (!own.has(name)) own.set(name, `#${own.size}`)
  }
  const collect = (inner: ts.Node): void => {
    const binds = ts.isVariableDeclaration(inner) || ts.isParameter(inner) || ts.isBindingElement(inner)
    if (binds && ts.isIdentifier(inner.name)) number(inner.name.text)
    ts.forEachChild(inner, collect)
  }
  for (const parameter of node.parameters) collect(parameter)
  collect(body)
  const write = (inner: ts.Node): string => {
    if (ts.isIdentifier(inner)) return own.get(inner.text) ?? inner.text
    if (ts.isLiteralExpression(inner) || ts.isTemplateHead(inner) || ts.isTemplateMiddleOrTemplateTail(inner)) {
      return JSON.stringify(inner.text)
    }
    const operator = ts.isPrefixUnaryExpression(inner) || ts.isPostfixUnaryExpression(inner) ? inner.operator : ''
    const parts: string[] = []
    ts.forEachChild(inner, (child) => {
      parts.push(write(child))
    })
    return `${inner.kind}${operator}(${parts.join(',')})`
  }
  return write(body)
}
