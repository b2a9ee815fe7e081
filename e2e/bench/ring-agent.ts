// The agent's side of `ring.ts`, a process of its own: pushes a day into the ring in the given folder, says what it grew by, waits.
import { openRing } from '../../agent/src/metrics/ring.ts'
import { createDay, daySamples } from './ring-day.ts'

const problems: string[] = []
const ring = openRing(process.argv[2]!, (problem) => void problems.push(problem))
const day = createDay({ containers: 50, busy: 50 })
let seq = 0
// The first hour warms the runtime up; the hub went away after it.
for (; seq < 360; seq++) ring.push(day(seq))
const heapBytes = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
const heapBefore = heapBytes()
const rssBefore = process.memoryUsage.rss()
const startedAt = process.cpuUsage()
for (; seq < daySamples; seq++) ring.push(day(seq))
const { user, system } = process.cpuUsage(startedAt)
const rssGrowth = process.memoryUsage.rss() - rssBefore
console.log(
  JSON.stringify({
    rssGrowth,
    heapGrowth: heapBytes() - heapBefore,
    cpuMsPerSample: (user + system) / 1000 / (daySamples - 360),
    problems,
  }),
)
// Never in order: what the ring keeps must not depend on being closed.
process.kill(process.pid, 'SIGKILL')
