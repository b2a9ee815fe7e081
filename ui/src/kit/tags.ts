/** What the hub takes for a tag. */
const tagForm = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,62}$/u

/** Words as they are typed, set apart by spaces or commas; and the first that can be no tag. */
export function readTags(text: string): { readonly tags: readonly string[]; readonly bad: string | undefined } {
  const tags = [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))]
  return { tags, bad: tags.find((tag) => !tagForm.test(tag)) }
}
