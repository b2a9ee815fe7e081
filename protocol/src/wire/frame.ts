/** Frame types. Below 0x40 an unknown one ends the session; from 0x40 to 0x7f it is ignored. */
export const frame = {
  open: 1,
  data: 2,
  credit: 3,
  end: 4,
  reset: 5,
  head: 6,
  reply: 7,
  signal: 8,
  hello: 16,
  welcome: 17,
  goaway: 18,
  ping: 19,
  pong: 20,
  ack: 21,
  resume: 22,
} as const

export const firstIgnorable = 0x40

/** A frame of any type but DATA: an array that begins with its type. */
export type ControlFrame = readonly [type: number, ...fields: unknown[]]

/** Where decoded frames go. */
export interface FrameSink {
  /** `bytes`: how large it was on the wire. */
  control(frame: ControlFrame, bytes: number): void
  /** `payload` belongs to the message: who keeps it copies it. */
  data(sid: number, payload: Uint8Array): void
}

/** Gathers frames into messages; `flush` sends what is there. */
export interface FrameWriter {
  control(frame: ControlFrame): void
  data(sid: number, payload: Uint8Array): void
  /** REPLY, when the value fits in one; otherwise the encoded value, to go as HEAD, DATA, END. */
  reply(sid: number, value: unknown): Uint8Array | undefined
  flush(): void
}

/** Turns frames into messages and back. Decoding throws MalformedFrame. */
export interface FrameCodec {
  readonly name: 'fairlead.1' | 'fairlead.1+json'
  /** `done`, where it is given: once it is called, the message's memory is used for others. */
  writer(send: (message: Uint8Array | string, done?: () => void) => void): FrameWriter
  decode(message: Uint8Array | string, sink: FrameSink): void
  /** The value of a reply that came as DATA. Throws MalformedFrame. */
  decodeReply(bytes: Uint8Array): unknown
}
