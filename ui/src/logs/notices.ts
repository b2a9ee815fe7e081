import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { say } from '../i18n/observe.ts'
import type { SourceRef } from './sources.ts'

const ended = /^— the container is ([a-z]+) \(exit (-?\d+|\?)\) —$/

/** What the agent says of its own, in the reader's language; words it did not say before stay as they are. */
function sayNotice(text: string, { name, hostName }: SourceRef): string {
  const [, status, code] = ended.exec(text) ?? []
  if (status !== undefined) return say('logs.notice.ended', { name, status, code: code! })
  if (text === '— the container was removed —') return say('logs.notice.gone', { name })
  if (text === '— the container engine went away —') return say('logs.notice.engine', { host: hostName })
  return text
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The same lines, the agent's own words said in the reader's language. */
export function sayNotices(lines: LogLines, ref: SourceRef): LogLines {
  if (!lines.sources.includes(2)) return lines
  const parts: Uint8Array[] = []
  const lengths = new Uint32Array(lines.count)
  for (let i = 0, at = 0; i < lines.count; at += lines.lengths[i]!, i++) {
    const raw = lines.text.subarray(at, at + lines.lengths[i]!)
    const part = lines.sources[i] === 2 ? encoder.encode(sayNotice(decoder.decode(raw), ref)) : raw
    lengths[i] = part.length
    parts.push(part)
  }
  const text = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    text.set(part, at)
    at += part.length
  }
  return { ...lines, lengths, text }
}

/** The words of a batch that holds nothing but one notice. */
export function onlyNotice({ count, sources, text }: LogLines): string | undefined {
  return count === 1 && sources[0] === 2 ? decoder.decode(text) : undefined
}
