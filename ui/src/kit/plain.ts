// Controls that turn a line around or hide in it, from whatever a host or an image calls itself.
const hidden = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g

/** Other people's text, with what it hides made visible. */
export function plain(text: string): string {
  return text.replaceAll(hidden, (char) => `‹U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`)
}
