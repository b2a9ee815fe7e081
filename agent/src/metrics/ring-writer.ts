// For `ring.test.ts`: pushes samples into the ring of a folder until it is killed, and says each one that was pushed.
import { writeSync } from 'node:fs'
import { openRing } from './ring.ts'

const [folder = '', bootId = ''] = process.argv.slice(2)
const ring = openRing(folder)
for (let seq = 0; ; seq++) {
  const points = Array.from({ length: 1 + (seq % 40) }, (_, n) => ({ kind: 'container', id: `c${n}`, values: [seq, n * seq * 4096] }))
  ring.push({ bootId, seq, timeMs: seq * 10_000, dropped: 0, points })
  writeSync(1, `${seq}\n`)
}
