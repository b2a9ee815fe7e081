/** Controls that a paste must not bring along: they would leave the paste, or be orders to the shell. */
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/g
const mostAsked = 100_000

export interface PasteCheck {
  /** What would be typed: without controls, lines ended by a carriage return when it is sent. */
  readonly text: string
  /** It may run at once, or it hid something: it is shown first. */
  readonly ask: boolean
  readonly lines: number
  /** So many hidden controls were taken out. */
  readonly taken: number
}

/** More than one line runs as it is pasted; so does one line with its end. Both are shown before. */
export function checkPaste(raw: string): PasteCheck {
  const cut = raw.length > mostAsked ? raw.slice(0, mostAsked) : raw
  const text = cut.replaceAll(/\r\n?/g, '\n').replaceAll(controls, '')
  const taken = cut.length - cut.replaceAll(controls, '').length
  const lines = text.replace(/\n$/, '').split('\n').length
  return { text, ask: text.includes('\n') || taken > 0, lines, taken }
}

interface ClipboardAsk {
  readonly kind: 'read' | 'write'
  readonly text: string
}

/** What a program says with OSC 52: `c;<base64>` puts text into the clipboard, `c;?` reads it. */
export function parseOsc52(data: string): ClipboardAsk | undefined {
  const at = data.indexOf(';')
  if (at < 0) return undefined
  const body = data.slice(at + 1)
  if (body === '?') return { kind: 'read', text: '' }
  if (body.length === 0 || body.length > mostAsked) return undefined
  try {
    const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0))
    return { kind: 'write', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return undefined
  }
}

/** A key with Ctrl held, as a terminal gets it; undefined when there is no such thing. */
export function withCtrl(key: string): string | undefined {
  if (key === ' ') return '\u0000'
  return /^[a-z@[\\\]^_]$/i.test(key) ? String.fromCharCode(key.toUpperCase().charCodeAt(0) & 31) : undefined
}
