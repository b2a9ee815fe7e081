import { frame, type ControlFrame } from './frame.ts'
import { MalformedFrame } from './prescan.ts'

/**
 * The schema of every control frame: each field of its type, or the session ends with 4400. By hand and not by a schema
 * library: it stands on the path of every frame, and a console has no such library. Fields behind the known ones are ignored.
 */
export function checkFields(control: ControlFrame): void {
  const fit = shapes[control[0]]
  if (fit !== undefined && !fit(control)) throw new MalformedFrame('a frame whose fields are not as they must be')
}

type Shape = (control: ControlFrame) => boolean

const shapes: Readonly<Record<number, Shape>> = {
  [frame.open]: ([, sid, method, , meta]) => whole(sid) && text(method, 128) && (meta === undefined || (isRecord(meta) && isMeta(meta))),
  [frame.credit]: ([, sid, limit, received]) => whole(sid) && whole(limit) && (received === undefined || whole(received)),
  [frame.end]: ([, sid, trailer, all]) =>
    whole(sid) && (trailer === undefined || trailer === null || isRecord(trailer)) && (all === undefined || typeof all === 'boolean'),
  [frame.reset]: ([, sid, code, sentence]) => whole(sid) && text(code, 64) && (sentence === undefined || text(sentence, 1000)),
  [frame.head]: ([, sid, meta]) => whole(sid) && isRecord(meta) && isHead(meta),
  [frame.reply]: ([, sid]) => whole(sid),
  [frame.signal]: ([, sid, kind]) => whole(sid) && text(kind, 64),
  [frame.goaway]: ([, last, code, reconnectInMs, resumeForMs]) => whole(last) && text(code, 64) && time(reconnectInMs) && time(resumeForMs),
  [frame.ping]: ([, id]) => u32(id),
  [frame.pong]: ([, id]) => u32(id),
  [frame.ack]: ([, total]) => whole(total),
}

function isMeta({ c, w, d, k, i, t, o, n, z }: Record<string, unknown>): boolean {
  return (
    (c === undefined || c === 1 || c === 2 || c === 3) &&
    (w === undefined || whole(w)) &&
    (d === undefined || time(d)) &&
    (k === undefined || key(k)) &&
    (i === undefined || key(i)) &&
    (t === undefined || typeof t === 'string') &&
    (o === undefined || whole(o)) &&
    (n === undefined || time(n)) &&
    (z === undefined || typeof z === 'boolean')
  )
}

function isHead({ mode, offset, w, z }: Record<string, unknown>): boolean {
  return (
    (mode === undefined || mode === 'bytes' || mode === 'items' || mode === 'reply') &&
    (offset === undefined || whole(offset)) &&
    (w === undefined || whole(w)) &&
    (z === undefined || typeof z === 'boolean')
  )
}

/** From 0 on, as ids and offsets are. */
function whole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function u32(value: unknown): boolean {
  return whole(value) && (value as number) <= 0xffff_ffff
}

function time(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function text(value: unknown, most: number): boolean {
  return typeof value === 'string' && value.length <= most
}

function key(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 16
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
