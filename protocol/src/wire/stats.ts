import type { StreamImpl } from './stream.ts'

/** Sums over the streams of a link. */
export function countStreams(streams: Iterable<StreamImpl>) {
  const counted = { openStreams: 0, queuedBytes: 0, retainedBytes: 0, pausedStreams: 0 }
  for (const { out, sendable } of streams) {
    counted.openStreams++
    counted.queuedBytes += out.queuedBytes
    counted.retainedBytes += out.retainedBytes
    if (out.queuedBytes > 0 && !sendable) counted.pausedStreams++
  }
  return counted
}
