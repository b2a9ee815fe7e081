// What a piece of source may say: every text that an expression can be, with holes where something is filled in.
import * as ts from 'typescript/unstable/ast'
import type { Symbol } from 'typescript/unstable/sync'
import { descend, type Program } from './program.ts'
import { anything, either, isWords, joined, onlyIf, unique, type Template } from './template.ts'

type Known = ReadonlyMap<number, { readonly node: ts.Node; readonly known: Known }>

const none: Known = new Map()
const numbers = new Map<Known, number>()
/** The same words ask for something else where they know other things. */
const numberOf = (known: Known): number => numbers.get(known) ?? (numbers.set(known, numbers.size), numbers.size - 1)
const mostDeep = 14
/** More than these ways to say one thing are a hole, and what may fill it. */
const mostWays = 16

export function makeValues(program: Program): (node: ts.Node) => readonly Template[] {
  const { symbolOf, declarationsOf } = program
  const kept = new Map<unknown, readonly Template[]>()
  return (node) => read(node, none, 0)

  /** Found out once; what leads back to itself adds nothing. */
  function once(key: unknown, make: () => readonly Template[]): readonly Template[] {
    const before = kept.get(key)
    if (before !== undefined) return before
    kept.set(key, [])
    const all = make()
    kept.set(key, all)
    return all
  }

  function read(node: ts.Node, known: Known, deep: number): readonly Template[] {
    if (deep > mostDeep) return anything
    const also = (other: ts.Node) => read(other, known, deep + 1)
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [[node.text]]
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return also(node.expression)
    if (ts.isNonNullExpression(node) || ts.isAwaitExpression(node)) return also(node.expression)
    if (ts.isConditionalExpression(node)) {
      const asked = `${numberOf(known)} ${functionAround(node)} ${node.condition.getText()}`
      return either(onlyIf(asked, true, also(node.whenTrue)), onlyIf(asked, false, also(node.whenFalse)))
    }
    if (ts.isTemplateExpression(node))
      return node.templateSpans.reduce<readonly Template[]>(
        (before, span) => joined(joined(before, part(span.expression, known, deep)), [[span.literal.text]]),
        [[node.head.text]],
      )
    if (ts.isBinaryExpression(node)) return combined(node, known, deep)
    if (ts.isIdentifier(node)) return named(node, known, deep)
    if (ts.isPropertyAccessExpression(node)) return property(node, deep)
    if (ts.isElementAccessExpression(node)) return entries(node.expression, known, deep, node.argumentExpression)
    if (ts.isCallExpression(node)) return called(node, known, deep)
    if (ts.isShorthandPropertyAssignment(node)) return readProperty(node, deep)
    return anything
  }

  function combined({ left, right, operatorToken }: ts.BinaryExpression, known: Known, deep: number): readonly Template[] {
    if (operatorToken.kind === ts.SyntaxKind.PlusToken) return joined(part(left, known, deep), part(right, known, deep))
    if (operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return read(right, known, deep + 1)
    const both = /^(?:\?\?|\|\|)$/.test(operatorToken.getText())
    return both ? either(read(left, known, deep + 1), read(right, known, deep + 1)) : anything
  }

  /** A part of a text: written out where it stands there, a hole where it comes from elsewhere. */
  function part(node: ts.Node, known: Known, deep: number): readonly Template[] {
    const ways = read(node, known, deep + 1)
    if (standsHere(node, known) && ways.length <= mostWays) return ways
    return [[{ says: ways.filter(isWords) }]]
  }

  function standsHere(node: ts.Node, known: Known): boolean {
    if (ts.isParenthesizedExpression(node)) return standsHere(node.expression, known)
    if (ts.isConditionalExpression(node) || ts.isStringLiteral(node) || ts.isTemplateExpression(node)) return true
    if (ts.isNoSubstitutionTemplateLiteral(node) || ts.isBinaryExpression(node)) return true
    if (!ts.isIdentifier(node)) return false
    const symbol = symbolOf(node)
    const bound = symbol === undefined ? undefined : known.get(symbol.id)
    if (bound !== undefined) return standsHere(bound.node, bound.known)
    const [declared] = declarationsOf(symbol)
    return (
      declared !== undefined &&
      ts.isVariableDeclaration(declared) &&
      declared.initializer !== undefined &&
      standsHere(declared.initializer, known)
    )
  }

  function named(node: ts.Node, known: Known, deep: number): readonly Template[] {
    const symbol = symbolOf(node)
    if (symbol === undefined) return anything
    const bound = known.get(symbol.id)
    if (bound !== undefined) return read(bound.node, bound.known, deep + 1)
    const all = declarationsOf(symbol).flatMap((declared) => {
      if (ts.isVariableDeclaration(declared) && declared.initializer !== undefined) {
        const later = program.assignmentsTo(symbol).flatMap((one) => read(one, known, deep + 1))
        return either(read(declared.initializer, known, deep + 1), later)
      }
      if (ts.isVariableDeclaration(declared)) return program.assignmentsTo(symbol).flatMap((one) => read(one, known, deep + 1))
      if (ts.isParameterDeclaration(declared)) return given(declared, deep)
      if (ts.isBindingElement(declared)) return taken(declared, known, deep)
      return anything
    })
    return all.length === 0 ? anything : unique(all)
  }

  /** What its callers give to a parameter. */
  function given(parameter: ts.ParameterDeclaration, deep: number): readonly Template[] {
    return once(parameter, () => gathered(parameter, deep + 1))
  }

  function gathered(parameter: ts.ParameterDeclaration, deep: number): readonly Template[] {
    const made = parameter.parent as ts.FunctionLikeDeclaration
    const symbol = symbolOfFunction(made)
    const place = made.parameters.indexOf(parameter)
    const usual = parameter.initializer === undefined ? [] : read(parameter.initializer, none, deep + 1)
    if (symbol === undefined) return either(usual, anything)
    const all = program.callsOf(symbol).flatMap((call) => {
      const argument = call.arguments?.[place]
      return argument === undefined ? [] : read(argument, none, deep + 1)
    })
    return all.length + usual.length === 0 ? anything : unique([...usual, ...all])
  }

  function symbolOfFunction(made: ts.Node): Symbol | undefined {
    if ((ts.isFunctionDeclaration(made) || ts.isMethodDeclaration(made)) && made.name !== undefined) return symbolOf(made.name)
    const holder = made.parent
    return ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder) ? symbolOf(holder.name) : undefined
  }

  /** `{ name }` of something: the property of that name, or the place of a list. */
  function taken(element: ts.BindingElement, known: Known, deep: number): readonly Template[] {
    const from = element.parent.parent
    const usual = element.initializer === undefined ? [] : read(element.initializer, known, deep + 1)
    const name = element.propertyName ?? element.name
    if (ts.isArrayBindingPattern(element.parent)) {
      const source = ts.isVariableDeclaration(from) ? from.initializer : undefined
      if (source === undefined) return either(usual, anything)
      const place = element.parent.elements.indexOf(element as never)
      return either(usual, within(source, known, deep, String(place)))
    }
    if (name === undefined || !ts.isIdentifier(name)) return anything
    const symbol = program.propertyOf(element.parent, name.text)
    return either(usual, symbol === undefined ? anything : valuesOf(symbol, name.text, deep))
  }

  function property(node: ts.PropertyAccessExpression, deep: number): readonly Template[] {
    const symbol = symbolOf(node.name)
    const set = symbol === undefined ? anything : valuesOf(symbol, node.name.text, deep)
    return set === anything ? within(node.expression, none, deep, node.name.text) : set
  }

  function valuesOf(symbol: Symbol, name: string, deep: number): readonly Template[] {
    return deep > mostDeep ? anything : once(symbol.id, () => setTo(symbol, name, deep + 1))
  }

  function setTo(symbol: Symbol, name: string, deep: number): readonly Template[] {
    const declared = declarationsOf(symbol)
    const own = declared.flatMap((one) => (ts.isPropertyAssignment(one) ? read(one.initializer, none, deep + 1) : []))
    const set = program.valuesOf(name, declared).flatMap((one) => readProperty(one, deep))
    const later = program.assignmentsTo(symbol).flatMap((one) => read(one, none, deep + 1))
    const all = unique([...own, ...set, ...later])
    return all.length === 0 ? anything : all
  }

  function readProperty(node: ts.Node, deep: number): readonly Template[] {
    if (ts.isPropertyAssignment(node)) return read(node.initializer, none, deep + 1)
    const symbol = program.meantBy(node)
    const [declared] = declarationsOf(symbol)
    if (declared === undefined) return anything
    if (ts.isVariableDeclaration(declared) && declared.initializer !== undefined) return read(declared.initializer, none, deep + 1)
    if (ts.isParameterDeclaration(declared)) return given(declared, deep)
    if (ts.isBindingElement(declared)) return taken(declared, none, deep)
    return anything
  }

  /** The entries of a table, or the one that is asked for. */
  function entries(table: ts.Node, known: Known, deep: number, key?: ts.Node): readonly Template[] {
    const one = key !== undefined && (ts.isStringLiteral(key) || ts.isNumericLiteral(key)) ? key.text : undefined
    return within(table, known, deep, one)
  }

  function within(table: ts.Node, known: Known, deep: number, key: string | undefined): readonly Template[] {
    const all = literalsOf(table, known, deep + 1).flatMap((made) => {
      if (ts.isArrayLiteralExpression(made)) return made.elements.filter((_one, place) => key === undefined || key === String(place))
      return made.properties.flatMap((one) =>
        ts.isPropertyAssignment(one) && (key === undefined || one.name.getText() === key) ? [one.initializer] : [],
      )
    })
    const texts = all.flatMap((one) => read(one, known, deep + 1))
    return texts.length === 0 ? anything : unique(texts)
  }

  /** The lists and tables that it may be, written out somewhere. */
  function literalsOf(node: ts.Node, known: Known, deep: number): readonly (ts.ArrayLiteralExpression | ts.ObjectLiteralExpression)[] {
    if (deep > mostDeep) return []
    if (ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node)) return [node]
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node))
      return literalsOf(node.expression, known, deep + 1)
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap((one) => literalsOf(one, known, deep + 1))
    if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap((one) => literalsOf(one, known, deep + 1))
    if (ts.isElementAccessExpression(node))
      return literalsOf(node.expression, known, deep + 1).flatMap((made) =>
        (ts.isArrayLiteralExpression(made)
          ? [...made.elements]
          : made.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? [one.initializer] : []))
        ).flatMap((one) => literalsOf(one, known, deep + 1)),
      )
    if (ts.isIdentifier(node))
      return declarationsOf(symbolOf(node)).flatMap((one) =>
        ts.isVariableDeclaration(one) && one.initializer !== undefined ? literalsOf(one.initializer, known, deep + 1) : [],
      )
    return []
  }

  function called(call: ts.CallExpression, known: Known, deep: number): readonly Template[] {
    const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression
    if (!ts.isIdentifier(callee)) return anything
    const all = declarationsOf(symbolOf(callee)).flatMap((declared) => {
      const made = ts.isVariableDeclaration(declared) || ts.isPropertyAssignment(declared) ? declared.initializer : declared
      if (made === undefined || !(ts.isArrowFunction(made) || ts.isFunctionDeclaration(made) || ts.isMethodDeclaration(made))) return []
      if (!program.files.includes(made.getSourceFile()) || made.body === undefined) return []
      const bound = new Map(known)
      for (const [place, { name }] of made.parameters.entries()) {
        const argument = call.arguments[place]
        const symbol = argument === undefined ? undefined : symbolOf(name)
        if (symbol !== undefined) bound.set(symbol.id, { node: argument!, known })
      }
      return returned(made.body).flatMap((one) => read(one, bound, deep + 1))
    })
    return all.length === 0 ? anything : unique(all)
  }
}

function functionAround(node: ts.Node): string {
  let at = node
  while (!ts.isSourceFile(at) && !ts.isFunctionDeclaration(at) && !ts.isArrowFunction(at) && !ts.isMethodDeclaration(at)) at = at.parent
  return `${node.getSourceFile().fileName}:${at.pos}`
}

function returned(body: ts.Node): readonly ts.Node[] {
  if (!ts.isBlock(body)) return [body]
  const all: ts.Node[] = []
  descend(body, (node) => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) all.push(node.expression)
    return !(ts.isFunctionDeclaration(node) || ts.isArrowFunction(node))
  })
  return all
}
