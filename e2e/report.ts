import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** What one test may take, and what a file of them may until it is ended, ms. The longest file takes two minutes. */
const testMs = 5 * 60_000
const fileMs = 10 * 60_000

/**
 * Runs test files, each in its own process: the lanes beside one another, in each one batch after the other, so many files of a batch at
 * once. Prints them as they go, then every failure again, every skipped test with its reason, and one closing line of counts. Answers
 * the exit code.
 */
export async function runFiles(lanes: readonly Iterable<readonly string[]>[], concurrency: number): Promise<number> {
  // Hubs and agents are started hundreds of times: what Node made of their sources is kept, two seconds of processor for each hub.
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../.cache/compiled')
  subscribe('child_process', (message) => endInTime((message as { process: ChildProcess }).process))
  const count = { passed: 0, failed: 0, skipped: 0 }
  const skipped: string[] = []
  const failed: string[] = []
  const listen = (events: ReturnType<typeof run>) => {
    events.on('test:pass', ({ name, skip, details }) => {
      if (details.type === 'suite') return
      if (skip === undefined || skip === false) count.passed++
      else {
        count.skipped++
        skipped.push(`${name}: ${skip === true ? 'no reason given' : skip}`)
      }
    })
    events.on('test:fail', ({ name, file, details }) => {
      // A suite fails with its tests; a file that could not even load is a "test" named like the file.
      if (details.type === 'suite') return
      count.failed++
      failed.push(`${file ?? ''} ${name}`)
    })
  }
  let ran = 0
  const runLane = async (batches: Iterable<readonly string[]>) => {
    for (const files of batches) {
      ran += files.length
      const events = run({ files: [...files], concurrency, timeout: testMs })
      listen(events)
      for await (const chunk of events.compose(spec)) process.stdout.write(chunk)
    }
  }
  await Promise.all(lanes.map(runLane))
  if (ran === 0) {
    process.stdout.write('No test file has that in its path.\n')
    return 1
  }
  if (skipped.length > 0) process.stdout.write(`\nSkipped on this machine:\n${skipped.map((line) => `  ${line}\n`).join('')}`)
  if (failed.length > 0) process.stdout.write(`\nFailed:\n${failed.map((line) => `  ${line}\n`).join('')}`)
  process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
  return count.failed > 0 || count.passed === 0 ? 1 : 0
}

/** Node's runner limits tests, and waits for ever for a process that is done with them and does not end. Ended here, its file has failed. */
function endInTime(child: ChildProcess): void {
  const timer = setTimeout(() => {
    process.stdout.write(`\nEnded, as it still ran after ${fileMs / 60_000} minutes: ${child.spawnargs.at(-1)}\n`)
    child.kill('SIGKILL')
  }, fileMs).unref()
  child.once('exit', () => clearTimeout(timer))
}
