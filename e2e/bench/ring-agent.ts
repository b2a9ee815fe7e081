// The agent's side of `ring.ts`, a process of its own: keeps seven days of what happens in the given folder, says what it grew by, waits.
import { join } from 'node:path'
import { openEventRing } from '../../agent/src/events/ring.ts'
import { openJournal } from '../../agent/src/journal/journal.ts'
import { openRing } from '../../agent/src/metrics/ring.ts'
import { createDay, daySamples, days, eventOf, isEvent, isLocal, localOf } from './ring-day.ts'

const [stateDir = ''] = process.argv.slice(2)
const problems: string[] = []
const say = (problem: string) => void problems.push(problem)
const ring = openRing(join(stateDir, 'metrics'), say)
const events = openEventRing(join(stateDir, 'events'), say)
const journal = openJournal({ stateDir, onProblem: say })
const day = createDay({ containers: 50, busy: 50 })

async function pass(to: number): Promise<void> {
  for (; seq < to; seq++) {
    ring.push(day(seq))
    if (isEvent(seq)) events.push(eventOf(seq))
    if (!isLocal(seq)) continue
    journal.note(localOf(seq))
    await journal.settle()
  }
}
const heapBytes = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

let seq = 0
// The first hour warms the runtime up; the hub went away after it.
await pass(360)
const heapBefore = heapBytes()
const rssBefore = process.memoryUsage.rss()
const startedAt = process.cpuUsage()
await pass(daySamples)
const rssGrowth24h = process.memoryUsage.rss() - rssBefore
await pass(daySamples * days)
const { user, system } = process.cpuUsage(startedAt)
const rssGrowth = process.memoryUsage.rss() - rssBefore
console.log(
  JSON.stringify({
    rssGrowth24h,
    rssGrowth,
    heapGrowth: heapBytes() - heapBefore,
    cpuMsPerSample: (user + system) / 1000 / (daySamples * days - 360),
    problems,
  }),
)
// Never in order: what is kept must not depend on being closed.
process.kill(process.pid, 'SIGKILL')
