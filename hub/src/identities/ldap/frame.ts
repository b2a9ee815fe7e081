/** As many bytes as one message, and as all messages of one connection, may have. */
export const most = { messageBytes: 256 * 1024, totalBytes: 1024 * 1024 } as const

/**
 * Cuts what a directory sends into whole messages. The library joins and cuts by recursion and knows no limit; a hostile directory
 * would fill the hub's memory or its stack. Throws on what is too large or no message.
 */
export function createFramer(onMessage: (message: Buffer) => void): (data: Buffer) => void {
  let parts: Buffer[] = []
  let [held, total] = [0, 0]
  let wanted: number | undefined
  return (data) => {
    total += data.length
    if (total > most.totalBytes) throw new Error('too much')
    parts.push(data)
    held += data.length
    if (wanted !== undefined && held < wanted) return
    let bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held)
    while ((wanted = sizeOf(bytes)) !== undefined && bytes.length >= wanted) {
      onMessage(bytes.subarray(0, wanted))
      bytes = bytes.subarray(wanted)
    }
    parts = bytes.length === 0 ? [] : [bytes]
    held = bytes.length
  }
}

/** Bytes of the message that begins here, with its head; undefined: too few of them are here to tell. */
function sizeOf(bytes: Buffer): number | undefined {
  if (bytes.length === 0) return undefined
  if (bytes[0] !== 0x30) throw new Error('no message')
  const first = bytes[1]
  if (first === undefined) return undefined
  if (first < 0x80) return 2 + first
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new Error('no message')
  if (bytes.length < 2 + count) return undefined
  const size = 2 + count + bytes.readUIntBE(2, count)
  if (size > most.messageBytes) throw new Error('too large a message')
  return size
}
