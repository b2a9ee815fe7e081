/** A piece of a line that looks alike throughout. `style` is class names; colours outside the sixteen are `color`. */
export interface Span {
  readonly text: string
  readonly style: string
  /** CSS, for 256 and true colours: readable on either theme. */
  readonly color?: string
  /** http or https only. */
  readonly href?: string
}

interface Look {
  fg: number | string
  bg: number | string
  flags: Set<string>
  href: string
}

// Complete orders only: one that never ends would hide the rest of the line, so its beginning is shown instead.
const order = /\u001B(?:\[([0-?]*)[ -/]*([@-~])|([\]PX^_])([^\u0007\u001B\u009C]*)(?:\u0007|\u001B\\|\u009C)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/y
const hidden = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/g
const odd =
  /[^\t\u0020-\u007E\u00A1-\u00AC\u00AE-\u0619\u061D-\u180D\u180F-\u200A\u2010-\u2027\u202F-\u205F\u2070-\uFEFE\uFF00-\uFFF8\uFFFC\uFFFD]/
const mostSpans = 500
const mostHref = 2048

/** The line as it can be read: no order to a terminal survives, and what hides in it is shown. */
export function plainLine(raw: string): string {
  // Most lines have nothing of the kind.
  if (!odd.test(raw)) return raw
  return parseLine(raw)
    .map(({ text }) => text)
    .join('')
}

/** Colours, links and overwriting of one line, as pieces of plain text. */
export function parseLine(raw: string): Span[] {
  let spans: Span[] = []
  const look: Look = { fg: -1, bg: -1, flags: new Set(), href: '' }
  let text = ''
  const flush = () => {
    if (text === '') return
    const span = { text: text.replaceAll(hidden, show), ...dress(look) }
    const last = spans.at(-1)
    if (last !== undefined && (spans.length >= mostSpans || sameLook(last, span)))
      spans[spans.length - 1] = { ...last, text: last.text + span.text }
    else spans.push(span)
    text = ''
  }
  for (let at = 0; at < raw.length;) {
    const char = raw[at]!
    if (char === '\u001B') {
      order.lastIndex = at
      const found = order.exec(raw)
      if (found !== null) {
        flush()
        obey(look, found[1], found[2], found[3], found[4])
        at += found[0].length
        continue
      }
    } else if (char === '\r') {
      // A progress bar writes over itself; what it wrote last is what was seen.
      at++
      if (at < raw.length) {
        text = ''
        spans = []
      }
      continue
    } else if (char === '\b') {
      text = text.slice(0, -1)
      at++
      continue
    }
    text += char
    at++
  }
  flush()
  return spans
}

function sameLook(a: Span, b: Span): boolean {
  return a.style === b.style && a.color === b.color && a.href === b.href
}

function show(char: string): string {
  return `‹${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`
}

function obey(
  look: Look,
  numbers: string | undefined,
  final: string | undefined,
  kind: string | undefined,
  body: string | undefined,
): void {
  if (final === 'm' && /^[0-9;:]*$/.test(numbers!)) return select(look, numbers!.split(/[;:]/).map(Number))
  if (kind !== ']' || body === undefined || !body.startsWith('8;')) return
  const href = body.slice(body.indexOf(';', 2) + 1)
  look.href = isWebLink(href) ? href : ''
}

function isWebLink(href: string): boolean {
  return href.length <= mostHref && /^https?:\/\//i.test(href) && URL.canParse(href)
}

const flagOf: Readonly<Record<number, string>> = { 1: 'bold', 2: 'faint', 3: 'italic', 4: 'under', 7: 'inverse', 9: 'strike' }

/** Select graphic rendition. */
function select(look: Look, numbers: readonly number[]): void {
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i]!
    if (n === 0) Object.assign(look, { fg: -1, bg: -1, flags: new Set() })
    else if (flagOf[n] !== undefined) look.flags.add(flagOf[n])
    else if (n === 22) look.flags = new Set([...look.flags].filter((flag) => flag !== 'bold' && flag !== 'faint'))
    else if (n > 22 && n < 30) look.flags.delete(flagOf[n - 20] ?? '')
    else if (n >= 30 && n <= 37) look.fg = n - 30
    else if (n >= 90 && n <= 97) look.fg = n - 82
    else if (n === 39) look.fg = -1
    else if (n >= 40 && n <= 47) look.bg = n - 40
    else if (n >= 100 && n <= 107) look.bg = n - 92
    else if (n === 49) look.bg = -1
    else if (n === 38 || n === 48) {
      const [color, used] = wideColor(numbers, i + 1)
      i += used
      if (color !== undefined) look[n === 38 ? 'fg' : 'bg'] = color
    }
  }
}

/** What follows 38 or 48: `5;n` of 256, or `2;r;g;b`. Answers how many numbers it took. */
function wideColor(numbers: readonly number[], at: number): readonly [number | string | undefined, number] {
  const byte = (n: number | undefined) => Math.max(0, Math.min(255, Math.trunc(n ?? 0) || 0))
  if (numbers[at] === 2) return [readable(byte(numbers[at + 1]), byte(numbers[at + 2]), byte(numbers[at + 3])), 4]
  if (numbers[at] !== 5) return [undefined, 1]
  const n = byte(numbers[at + 1])
  if (n < 16) return [n, 2]
  if (n >= 232) return [readable(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10), 2]
  const step = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  return [readable(step(Math.trunc((n - 16) / 36)), step(Math.trunc((n - 16) / 6) % 6), step((n - 16) % 6)), 2]
}

function dress({ fg, bg, flags, href }: Look): Omit<Span, 'text'> {
  const names = [...flags]
  if (typeof fg === 'number' && fg >= 0) names.push(`f${fg}`)
  if (bg !== -1) names.push(typeof bg === 'number' ? `b${bg}` : 'boxed')
  return { style: names.join(' '), ...(typeof fg === 'string' ? { color: fg } : {}), ...(href === '' ? {} : { href }) }
}

/** Dark enough for the light theme, light enough for the dark one: 4.5 to 1 on every background a line may have. */
export function readable(red: number, green: number, blue: number): string {
  const dark = mixUntil([red, green, blue], 0, (luminance) => luminance <= 0.12)
  const light = mixUntil([red, green, blue], 255, (luminance) => luminance >= 0.34)
  return `light-dark(rgb(${dark.join(' ')}),rgb(${light.join(' ')}))`
}

function mixUntil(color: readonly number[], towards: number, enough: (luminance: number) => boolean): readonly number[] {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = color.map((part) => Math.round(part + (towards - part) * share))
    if (enough(luminanceOf(mixed))) return mixed
  }
  return [towards, towards, towards]
}

export function luminanceOf(color: readonly number[]): number {
  const [red, green, blue] = color.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}
