/** Index is the level: of the wire's column, and of the filter. */
export const levelNames = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

const words: Readonly<Record<string, number>> = {
  trace: 1, trc: 1, finest: 1, finer: 1, verbose: 1, silly: 1,
  debug: 2, dbg: 2, fine: 2, debug1: 2, debug2: 2, debug3: 2, debug4: 2, debug5: 2,
  info: 3, inf: 3, information: 3, informational: 3, notice: 3, log: 3, statement: 3, config: 3,
  warn: 4, wrn: 4, warning: 4,
  error: 5, err: 5, eror: 5, severe: 5,
  fatal: 6, ftl: 6, panic: 6, pnc: 6, crit: 6, critical: 6, alert: 6, emerg: 6, emergency: 6, dpanic: 6,
} // prettier-ignore

const jsonLevel = /"(?:level|lvl|severity|severity_text|log\.level|levelname|loglevel|@level|@l)"\s*:\s*(?:"([A-Za-z]+[0-9]?)"|(\d{1,2}))/i
const logfmtLevel = /(?:^|[\s,])(?:level|lvl|severity|loglevel)=["']?([A-Za-z]+)/i
const syslogLevel = /^<(\d{1,3})>/
const klogLevel = /^([IWEF])\d{4} \d\d:/
/** Redis: `1:M 21 Nov 2026 07:00:00.000 * text`. */
const redisLevel = /^\d+:[XCSM] \d{1,2} \w{3} [\d: .]+ ([.*#-]) /
/** Dates, times, zones, process numbers, names in brackets: what may stand before a level. */
const head = /^(?:[\s[\](){}|,:;.\-+/TZ\d]|UTC|GMT|CEST|CET|[A-Z][a-z]{2} (?=[ \d]\d ))+/
const leading = /^["'<[(|*\s]*([A-Za-z]+[0-9]?)(?:[\])>|:\s=,]|\[\d|$)/
const bracketed = /^.{0,80}?[[(|]\s*([A-Za-z]+)\s*[\])|]/
/** A shouted word not far from the beginning: `web-1 | 2026-11-21 main ERROR text`. */
const shouted = /^.{0,100}?(?:^|[\s[(|:])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|PANIC|CRITICAL)(?=[\s\])|:,]|$)/
const redisMarks: Readonly<Record<string, number>> = { '.': 2, '-': 2, '*': 3, '#': 4 }

/** The level a line says it has: JSON, logfmt, then common beginnings; 0 when it says none. Takes text without colours. */
export function levelOf(line: string): number {
  const text = line.length > 4096 ? line.slice(0, 4096) : line
  const start = text.trimStart()
  if (start.startsWith('{')) {
    const found = jsonLevel.exec(start)
    return found === null ? 0 : found[1] === undefined ? numbered(Number(found[2])) : (words[found[1].toLowerCase()] ?? 0)
  }
  const logfmt = logfmtLevel.exec(text)
  if (logfmt !== null) return words[logfmt[1]!.toLowerCase()] ?? 0
  const syslog = syslogLevel.exec(start)
  if (syslog !== null) return [6, 6, 6, 5, 4, 3, 3, 2][Number(syslog[1]) & 7]!
  const klog = klogLevel.exec(start)
  if (klog !== null) return { I: 3, W: 4, E: 5, F: 6 }[klog[1] as 'I']!
  const redis = redisLevel.exec(start)
  if (redis !== null) return redisMarks[redis[1]!]!
  return beginning(start)
}

function beginning(start: string): number {
  const rest = start.slice(head.exec(start)?.[0].length ?? 0)
  const first = leading.exec(rest)
  // "Error: it broke" and "info started" say a level; "Log in to continue" does not.
  if (first !== null && words[first[1]!.toLowerCase()] !== undefined && saysLevel(first[1]!, rest.slice(first[0].length - 1)))
    return words[first[1]!.toLowerCase()]!
  const inBrackets = bracketed.exec(start)
  if (inBrackets !== null && words[inBrackets[1]!.toLowerCase()] !== undefined) return words[inBrackets[1]!.toLowerCase()]!
  const loud = shouted.exec(start)
  return loud === null ? 0 : words[loud[1]!.toLowerCase()]!
}

function saysLevel(word: string, after: string): boolean {
  return (
    word === word.toUpperCase() ||
    /^[\]):|>[=,]/.test(after) ||
    (word === word.toLowerCase() && !/^(?:log|fine|config|alert|statement|notice|information)$/.test(word))
  )
}

/** pino and bunyan count in tens. */
function numbered(n: number): number {
  if (n < 10) return [6, 6, 6, 5, 4, 3, 3, 2][n] ?? 0
  return Math.min(6, Math.floor(n / 10))
}

const latin = new TextDecoder('latin1')
const mostLooked = 4096

/**
 * Levels of lines that lie back to back, which may carry colours; `hints` are the agent's guesses: no level word, no look.
 * All of them become text at once: that is most of the work.
 */
export function levelsOf(text: Uint8Array, lengths: Uint32Array, hints: Uint8Array): Uint8Array {
  const levels = new Uint8Array(lengths.length)
  // Joined, it is the engine's own string, in which expressions search several times as fast as in the decoder's.
  const whole = `\n${latin.decode(text)}`
  const coloured = whole.includes('\u001B')
  for (let i = 0, at = 0; i < lengths.length; at += lengths[i]!, i++) {
    if (hints[i] === 0 && !odd(text[at])) continue
    const line = whole.slice(at + 1, at + 1 + Math.min(lengths[i]!, mostLooked))
    levels[i] = levelOf(coloured ? line.replaceAll(/\u001B\[[0-9;]*m/g, '') : line)
  }
  return levels
}

/** `{`, `<`, a space, a klog letter, a colour, a digit (redis): worth a look without a level word. */
function odd(first: number | undefined): boolean {
  if (first === undefined) return false
  return first === 0x7b || first === 0x20 || first === 0x3c || first === 0x1b || (first >= 0x30 && first <= 0x39) || klogLetters.has(first)
}

const klogLetters = new Set(Array.from('IWEF', (letter) => letter.charCodeAt(0)))
