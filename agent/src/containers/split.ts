export interface Line {
  readonly timeMs: number
  /** 0 stdout, 1 stderr. */
  readonly source: number
  /** Without the line end; valid until the next push. */
  readonly text: Uint8Array
}

const newline = 10
const frameHeader = 8
/** A line without an end is cut here. */
const mostPartBytes = 1024 * 1024

/** Cuts the engine's log stream, framed or (with a TTY) raw, into lines; `timed` ones begin with their time. */
export function createSplitter(tty: boolean, timed = true) {
  let held: Buffer = Buffer.alloc(0)
  // What a line's earlier frames held, by source: a long line comes in several.
  const parts: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]

  const emit = (line: Buffer, source: number, take: (line: Line) => void) => {
    const { timeMs, at } = timed ? parseTimed(line) : { timeMs: Date.now(), at: 0 }
    const end = line.length > at && line[line.length - 1] === 13 ? line.length - 1 : line.length
    take({ timeMs, source, text: line.subarray(at, end) })
  }

  function lines(bytes: Buffer, source: 0 | 1, take: (line: Line) => void): void {
    let at = 0
    for (;;) {
      const end = bytes.indexOf(newline, at)
      if (end < 0) break
      const piece = bytes.subarray(at, end)
      emit(parts[source].length === 0 ? piece : Buffer.concat([parts[source], piece]), source, take)
      parts[source] = Buffer.alloc(0)
      at = end + 1
    }
    if (at === bytes.length) return
    parts[source] = Buffer.concat([parts[source], bytes.subarray(at)])
    if (parts[source].length > mostPartBytes) {
      emit(parts[source], source, take)
      parts[source] = Buffer.alloc(0)
    }
  }

  return {
    push(chunk: Buffer, take: (line: Line) => void): void {
      if (tty) return lines(chunk, 0, take)
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      let at = 0
      while (held.length - at >= frameHeader) {
        const length = held.readUInt32BE(at + 4)
        if (held.length - at < frameHeader + length) break
        const source = held[at] === 2 ? 1 : 0
        const frame = held.subarray(at + frameHeader, at + frameHeader + length)
        // Every frame begins with a time, also one in the middle of a line: Docker cuts at 16 KiB, Podman wherever it read.
        const inside = timed && parts[source].length > 0
        lines(inside ? frame.subarray(parseTimed(frame).at) : frame, source, take)
        at += frameHeader + length
      }
      held = at === 0 ? held : held.subarray(at)
    },
    end(take: (line: Line) => void): void {
      for (const source of [0, 1] as const) if (parts[source].length > 0) emit(parts[source], source, take)
    },
  }
}

const secondBytes = 19
const lastSecond = Buffer.alloc(secondBytes)
let lastZone = ''
let lastSecondMs = 0

/** Whether this line's second is that of the line before: thousands of lines share theirs. */
function sameSecond(line: Buffer): boolean {
  for (let i = secondBytes - 1; i >= 0; i--) if (line[i] !== lastSecond[i]) return false
  return true
}

/** `2026-11-21T01:02:03.456789012Z text`: the time in ms with its fraction, and where the text begins. */
export function parseTimed(line: Buffer): { timeMs: number; at: number } {
  const space = line.indexOf(32)
  if (space < 20 || space > 40 || line[10] !== 0x54) return { timeMs: Date.now(), at: 0 }
  let fraction = 0
  let scale = 1000
  let i = secondBytes
  if (line[i] === 0x2e) {
    for (i++; i < space && line[i]! >= 0x30 && line[i]! <= 0x39; i++) {
      scale /= 10
      fraction += (line[i]! - 0x30) * scale
    }
  }
  const zone = line[i] === 0x5a && i + 1 === space ? 'Z' : line.toString('latin1', i, space)
  if (zone !== lastZone || !sameSecond(line)) {
    lastSecondMs = Date.parse(line.toString('latin1', 0, secondBytes) + zone)
    line.copy(lastSecond, 0, 0, secondBytes)
    lastZone = zone
  }
  if (Number.isNaN(lastSecondMs)) return { timeMs: Date.now(), at: 0 }
  return { timeMs: lastSecondMs + Math.round(fraction * 1e6) / 1e6, at: space + 1 }
}
