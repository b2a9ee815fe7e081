import { plain } from '../kit/plain.ts'

const known: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' }

/** What a browser says of itself, in the two words that a person knows it by; what is not known stays as it is. */
export function browserOf(userAgent: string): string {
  // Each says that it is those before it, too.
  const browser = ['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari'].find((name) => userAgent.includes(`${name}/`))
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS X', 'Linux'].find((name) => userAgent.includes(name))
  const words = [browser, system].flatMap((one) => (one === undefined ? [] : [known[one] ?? one]))
  return words.length > 0 ? words.join(', ') : plain(userAgent.slice(0, 60))
}
