import type { TerminalRef } from './ref.ts'

const mostTabs = 32
const part = /^([A-Za-z0-9_-]{1,64})\/([a-f0-9]{32})$/

/** `host/id,host/id` of an address, and the words of it that name no terminal. */
export function parseTabs(words: string): { readonly tabs: readonly string[]; readonly bad: readonly string[] } {
  const all = [...new Set(words.split(',').filter(Boolean))]
  return { tabs: all.filter((word) => part.test(word)).slice(0, mostTabs), bad: all.filter((word) => !part.test(word)) }
}

export function refOf(key: string): TerminalRef {
  const [, host, id] = part.exec(key)!
  return { host: host!, id: id! }
}
