// The sources as the compiler reads them, and where in them something is called, set or meant.
import { join } from 'node:path'
import * as ts from 'typescript/unstable/ast'
import { API, type Symbol as Meaning } from 'typescript/unstable/sync'

const root = join(import.meta.dirname, '../..')
const aliased = 1 << 21

/** What ships to hosts and hubs and can reach a console: no tests, and no verbs of a terminal. */
const heard = /\/(?:hub|agent|protocol)\/src\/(?!cli\/|commands\/|demo\/)(?!.*\btest[-.])(?!.*\.test\.)/

export interface Program {
  readonly files: readonly ts.SourceFile[]
  readonly each: (visit: (node: ts.Node) => void) => void
  /** What a name means, through imports. */
  readonly symbolOf: (node: ts.Node) => Meaning | undefined
  readonly declarationsOf: (symbol: Meaning | undefined) => readonly ts.Node[]
  /** Where it is called or made. */
  readonly callsOf: (symbol: Meaning) => readonly (ts.CallExpression | ts.NewExpression)[]
  /** What is given to it by `=`, after its declaration. */
  readonly assignmentsTo: (symbol: Meaning) => readonly ts.Expression[]
  readonly propertyOf: (node: ts.Node, name: string) => Meaning | undefined
  /** What `{ name }` in an object literal takes. */
  readonly meantBy: (node: ts.Node) => Meaning | undefined
  /** What object literals give to the property that is declared there. */
  readonly valuesOf: (name: string, declared: readonly ts.Node[]) => readonly ts.Node[]
  readonly close: () => void
}

export function openProgram(): Program {
  const api = new API({ cwd: root })
  const project = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()[0]!
  const { checker, program } = project
  const files = program
    .getSourceFileNames()
    .filter((name) => heard.test(name))
    .map((name) => program.getSourceFile(name)!)
  const symbols = new Map<ts.Node, Meaning | undefined>()
  const calls = new Map<number, (ts.CallExpression | ts.NewExpression)[]>()
  const assignments = new Map<number, ts.Expression[]>()
  const properties = new Map<string, ts.Node[]>()
  const meant = (symbol: Meaning | undefined) =>
    symbol !== undefined && symbol.flags & aliased ? checker.getAliasedSymbol(symbol) : symbol
  const symbolOf = (node: ts.Node) => {
    if (!symbols.has(node)) symbols.set(node, meant(checker.getSymbolAtLocation(node)))
    return symbols.get(node)
  }
  const each = (visit: (node: ts.Node) => void) => {
    for (const file of files) descend(file, (node) => (visit(node), true))
  }
  const declarationsOf = (symbol: Meaning | undefined) =>
    (symbol?.declarations ?? []).flatMap((handle) => handle.resolve(project) ?? []) as readonly ts.Node[]
  const names: [ts.Node, (symbol: Meaning) => void][] = []
  each((node) => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
      if (ts.isIdentifier(callee)) names.push([callee, ({ id }) => push(calls, id, node)])
    } else if (ts.isBinaryExpression(node) && /^(?:\?\?|\|\|)?=$/.test(node.operatorToken.getText())) {
      const left = ts.isPropertyAccessExpression(node.left) ? node.left.name : node.left
      if (ts.isIdentifier(left)) names.push([left, ({ id }) => push(assignments, id, node.right)])
    } else if ((ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) && ts.isIdentifier(node.name)) {
      push(properties, node.name.text, node)
    }
  })
  const found = checker.getSymbolAtLocation(names.map(([node]) => node))
  for (const [place, [node, keep]] of names.entries()) {
    symbols.set(node, meant(found[place]))
    const symbol = symbols.get(node)
    if (symbol !== undefined) keep(symbol)
  }
  const valuesOf = (name: string, declared: readonly ts.Node[]) =>
    (properties.get(name) ?? []).filter((node) => {
      const type = checker.getContextualType(node.parent as ts.Expression)
      const property = type === undefined ? undefined : checker.getPropertyOfType(checker.getNonNullableType(type) ?? type, name)
      return declarationsOf(property).some((one) => declared.some((other) => sameNode(one, other)))
    })
  return {
    files,
    each,
    symbolOf,
    declarationsOf,
    callsOf: ({ id }) => calls.get(id) ?? [],
    assignmentsTo: ({ id }) => assignments.get(id) ?? [],
    valuesOf,
    propertyOf: (node, name) => {
      const type = checker.getTypeAtLocation(node)
      return type === undefined ? undefined : checker.getPropertyOfType(checker.getNonNullableType(type) ?? type, name)
    },
    meantBy: (node) => meant(checker.getShorthandAssignmentValueSymbol(node)),
    close: () => api.close(),
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

export const sameNode = (one: ts.Node, other: ts.Node): boolean =>
  one === other || (one.pos === other.pos && one.end === other.end && one.getSourceFile().fileName === other.getSourceFile().fileName)

/** All nodes below, without a call within a call: those of the compiler are large. `visit` says whether to look into it. */
export function descend(top: ts.Node, visit: (node: ts.Node) => boolean): void {
  const left = [top]
  for (let node = left.pop(); node !== undefined; node = left.pop()) if (visit(node)) node.forEachChild((child) => void left.push(child))
}
