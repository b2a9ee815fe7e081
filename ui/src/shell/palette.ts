/** What the palette can do by itself, without the hub. */
export interface Offer {
  readonly label: string
  /** What kind of thing it is, said beside it. */
  readonly kind: string
  /** Other words under which it is found. */
  readonly words?: string
  readonly run: () => void
}

/** `>` actions, `@` hosts, `#` tags; nothing: everything. */
export type Scope = 'all' | 'actions' | 'hosts' | 'tags'
const prefixes: Readonly<Record<string, Scope>> = { '>': 'actions', '@': 'hosts', '#': 'tags' }

export function scopeOf(text: string): { readonly scope: Scope; readonly words: string } {
  const scope = prefixes[text.trimStart()[0] ?? '']
  return scope === undefined ? { scope: 'all', words: text.trim() } : { scope, words: text.trimStart().slice(1).trim() }
}

/** Every word must be somewhere; what begins with the first comes first. */
export function fitting(offers: readonly Offer[], words: string): readonly Offer[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean)
  const text = ({ label, words = '' }: Offer) => `${label} ${words}`.toLowerCase()
  const found = offers.filter((offer) => parts.every((part) => text(offer).includes(part)))
  const begins = (offer: Offer) => (parts.length > 0 && offer.label.toLowerCase().startsWith(parts[0]!) ? 0 : 1)
  return found.toSorted((a, b) => begins(a) - begins(b))
}
