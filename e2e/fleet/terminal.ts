/** Reads a terminal until it showed something. Rejects with what it showed instead. */
export async function readUntil(end: AsyncIterable<Uint8Array>, wanted: RegExp): Promise<void> {
  let text = ''
  const timer = AbortSignal.timeout(20_000)
  const iterator = end[Symbol.asyncIterator]()
  while (!wanted.test(text)) {
    const next = await Promise.race([
      iterator.next(),
      new Promise<never>((_, reject) => timer.addEventListener('abort', () => reject(new Error(`not seen in: ${text.slice(-300)}`)))),
    ])
    if (next.done === true) throw new Error(`it ended: ${text.slice(-300)}`)
    text += Buffer.from(next.value).toString()
  }
}
