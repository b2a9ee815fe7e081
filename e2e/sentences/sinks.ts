// The places at which a sentence leaves for a person.
import * as ts from 'typescript/unstable/ast'
import type { Program } from './program.ts'
import { isWords, textOf, type Hole, type Template } from './template.ts'

/** What nobody is told: it is logged, and the reader gets the sentence of the edge; who left is told nothing. */
const untold = /^'(?:internal|canceled)'$/
/** Properties of answers in which a host or the hub gives its reasons. */
const reasons = new Set(['detail', 'insecureReason', 'message', 'note', 'problem', 'reason', 'said', 'why'])
/** What ends a stream or a link with words. */
const endings = new Set(['close', 'reset'])
/** Whoever is answered here reads no console: systems that provision, and other people's programs that come to a bare port. */
const apart = /\/hub\/src\/(?:scim|acme\/challenges|main)\b/

export interface Sentence {
  readonly template: Template
  /** The file that says it. */
  readonly where: string
  /** It is to be known: names of one word are said as they are. */
  readonly due: boolean
}

export interface Said {
  /** By their English. */
  readonly sentences: ReadonlyMap<string, Sentence>
  /** What is said in no words that stand in the sources, as it is written there. */
  readonly unread: readonly string[]
}

/** All that is said. */
export function sentencesOf(program: Program, values: (node: ts.Node) => readonly Template[]): Said {
  const unread: string[] = []
  const all = new Map<string, Sentence>()
  const keep = (template: Template, where: string): void => {
    const text = textOf(template)
    const before = all.has(text)
    if (ofLogs.test(text)) return
    if (!before && isWords(template)) all.set(text, { template, where, due: isDue(template) })
    if (!before) for (const part of template) if (typeof part !== 'string') for (const one of part.says) keep(one, where)
  }
  program.each((node) => {
    const said = saidBy(node)
    const file = node.getSourceFile().fileName
    if (said === undefined || apart.test(file)) return
    const where = file.replace(/^.*\/(?=(?:hub|agent|protocol)\/src\/)/, '')
    const ways = values(said)
    if (ts.isNewExpression(node) && !ways.some(hasWords)) unread.push(said.getText())
    for (const template of ways.flatMap(spelled)) keep(template, where)
  })
  return { sentences: all, unread }
}

function saidBy(node: ts.Node): ts.Node | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'FairleadError') {
    const [code, message] = node.arguments ?? []
    return code === undefined || untold.test(code.getText()) ? undefined : message
  }
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) return reasons.has(node.name.text) ? node.initializer : undefined
  if (ts.isShorthandPropertyAssignment(node)) return reasons.has(node.name.getText()) ? node : undefined
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
  return endings.has(node.expression.name.text) ? node.arguments[1] : undefined
}

const hasWords = (template: Template) => spelled(template).length > 0

export const isDue = (template: Template) => isWords(template) && / |\w\.$/.test(textOf(template))

/** What an agent puts into a log the console knows, and says in words of its own. */
const ofLogs = /^— .* —$/

/** What has no words of its own is as many sentences as can fill it. */
function spelled(template: Template): readonly Template[] {
  if (isWords(template)) return [template]
  const place = template.findIndex((part) => typeof part !== 'string' && part.says.some(isDue))
  if (place < 0) return []
  return (template[place] as Hole).says.filter(isDue).map((one) => [...template.slice(0, place), ...one, ...template.slice(place + 1)])
}
