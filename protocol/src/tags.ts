/** What a host may be called. */
export const hostNameForm = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u
/** What a tag of a host may be: 63 characters at most. The hub refuses all else, and the console says so before it asks. */
export const tagForm = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,62}$/u
/** Of one host. */
export const mostTags = 32

/** What is wrong with tags: how one begins, a character in it, its length, or how many they are. */
export interface TagFault {
  readonly why: 'begins' | 'holds' | 'long' | 'many'
  /** The first tag that can be none; '' of too many. */
  readonly tag: string
  /** The character that may not be there, or how long or how many. */
  readonly at: string
}

/** Words as they are typed, set apart by spaces or commas, each once; and what is wrong with the first that can be no tag. */
export function readTags(text: string): { readonly tags: readonly string[]; readonly fault: TagFault | undefined } {
  const tags = [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))]
  return { tags, fault: findTagFault(tags) }
}

export function findTagFault(tags: readonly string[]): TagFault | undefined {
  const tag = tags.find((one) => !tagForm.test(one))
  if (tag === undefined) return tags.length > mostTags ? { why: 'many', tag: '', at: String(tags.length) } : undefined
  const characters = [...tag]
  if (!/[\p{L}\p{N}]/u.test(characters[0] ?? '')) return { why: 'begins', tag, at: characters[0] ?? '' }
  const foreign = characters.find((character) => !/[\p{L}\p{N}._:-]/u.test(character))
  return foreign === undefined ? { why: 'long', tag, at: String(characters.length) } : { why: 'holds', tag, at: foreign }
}
