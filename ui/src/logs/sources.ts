/** A container whose log is read. */
export interface SourceRef {
  readonly host: string
  /** Twelve digits suffice. */
  readonly id: string
  readonly name: string
  readonly hostName: string
}

const shortId = 12
const part = /^([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9][\w.-]{0,127})$/

export function keyOf({ host, id }: { readonly host: string; readonly id: string }): string {
  return `${host}/${/^[a-f0-9]{13,64}$/.test(id) ? id.slice(0, shortId) : id}`
}

/** `host/id,host/id` of an address; what is not of that form is left out, and nothing is named twice. */
export function parseSources(text: string, most: number): { readonly host: string; readonly id: string }[] {
  const found = new Map<string, { host: string; id: string }>()
  for (const word of text.split(',')) {
    const [, host, id] = part.exec(word) ?? []
    if (host !== undefined && id !== undefined && found.size < most) found.set(keyOf({ host, id }), { host, id })
  }
  return [...found.values()]
}

/** Number of the colour of a source: neighbours differ. */
export function colorOf(index: number): number {
  return index % 8
}
