import type { StreamImpl } from './stream.ts'

export function countStreams(streams: Iterable<StreamImpl>): { openStreams: number; queuedBytes: number; pausedStreams: number } {
  let openStreams = 0
  let queuedBytes = 0
  let pausedStreams = 0
  for (const stream of streams) {
    openStreams++
    queuedBytes += stream.outBytes
    if (stream.outBytes > 0 && !stream.sendable) pausedStreams++
  }
  return { openStreams, queuedBytes, pausedStreams }
}
