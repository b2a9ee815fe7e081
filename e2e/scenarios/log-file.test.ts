import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { startOne, type One } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const MiB = 1024 * 1024
const lines = 500_000
const lineBytes = 105

// The whole log of a container, saved by somebody who may read slowly, leave, or see the host go away.
describe('a whole log as a file', need('dockerd', 'busybox'), () => {
  let one: One
  const agent = new Agent({ rejectUnauthorized: false })
  const residentBytes = () => Number(readFileSync(`/proc/${one.hub.process.pid}/statm`, 'utf8').split(' ')[1]) * 4096
  const file = (id: string, query = '') => `/api/v1/hosts/alpha/containers/${id}/logs/file${query}`
  const line = (n: number) => `${String(n).padStart(100, '0')}é\r!`

  before(async () => {
    one = await startOne()
    await one.engine.run('few', ['sh', '-c', 'printf "one\\n\\ntwo\\377\\n"; sleep 1; echo three >&2'])
    await one.engine.run('long', ['busybox', 'awk', `BEGIN{for(i=0;i<${lines};i++)printf "%0100dé\\r!\\n",i}`])
    await until(async () => /"exited"/.test((await one.engine.api('GET', '/containers/long/json')).body))
  })
  after(async () => {
    agent.destroy()
    await one?.stop()
  })

  /** Begins to save; nothing is read yet. */
  function begin(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const url = new URL(path, one.address)
      const call = request(url, { agent, headers: { Cookie: one.owner.cookie, Origin: url.origin } }, resolve)
      call.on('error', reject)
      call.end()
    })
  }
  /** Reads the rest; throws what a browser calls a failed download. */
  async function digestOf(answer: IncomingMessage): Promise<{ readonly bytes: number; readonly digest: string }> {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const part of answer) {
      hash.update(part as Buffer)
      bytes += (part as Buffer).length
    }
    return { bytes, digest: hash.digest('hex') }
  }
  const outcomes = async () =>
    ((await one.owner.ask('GET', '/api/v1/audit?filter=container.save_log')).body as { rows: { outcome: string; code: string }[] }).rows

  it('has every byte that was written, under a name of its own, and says in the trail who took it', { timeout: 120_000 }, async () => {
    const all = await one.owner.ask('GET', file('few'))
    assert.equal(all.status, 200)
    assert.equal(all.headers['content-type'], 'text/plain; charset=utf-8')
    assert.match(String(all.headers['content-disposition']), /^attachment; filename="few\.alpha\.\d{4}-\d\d-\d\dT\d{6}Z\.log"$/)
    assert.match(String(all.headers['content-security-policy']), /sandbox/)
    assert.deepEqual((await outcomes()).map(({ outcome }) => outcome).toSorted(), ['ok', 'started'])
    const answer = await begin(file('few'))
    const parts: Buffer[] = []
    for await (const part of answer) parts.push(part as Buffer)
    // The engine keeps text: it wrote U+FFFD for what is none.
    assert.equal(Buffer.concat(parts).toString(), 'one\n\ntwo\uFFFD\nthree\n')
  })

  it('is a part of it when a part is asked for', async () => {
    assert.equal((await one.owner.ask('GET', file('few', '?tail=1'))).text, 'three\n')
    assert.equal((await one.owner.ask('GET', file('few', '?stdout=false'))).text, 'three\n')
    const stamped = (await one.owner.ask('GET', file('few', '?timestamps=true'))).text.trimEnd().split('\n')
    for (const text of stamped) assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (one|two.|three|)$/)
    const threeMs = Date.parse(stamped.at(-1)!.slice(0, 23) + 'Z')
    assert.equal((await one.owner.ask('GET', file('few', `?sinceMs=${threeMs - 1}`))).text, 'three\n')
    assert.equal((await one.owner.ask('GET', file('few', `?untilMs=${threeMs - 500}`))).text.split('\n')[0], 'one')
    assert.equal((await one.owner.ask('GET', file('few', `?untilMs=${threeMs - 500}`))).text.includes('three'), false)
  })

  it('is refused in words when what is asked for is not there or makes no sense', async () => {
    for (const [path, status, message] of [
      [file('nobody'), 404, /no such container/i],
      [file('few', '?tail=-2'), 400, /tail.*at least -1/],
      [file('few', '?sinceMs=yesterday'), 400, /sinceMs.*number is wanted/],
      [file('few', '?sinceMs=2&untilMs=1'), 400, /before its beginning/],
      [file('few', '?nonsense=1'), 400, /nonsense.*is no field of this request; known are id, tail/],
      ['/api/v1/hosts/nowhere/containers/few/logs/file', 404, /no such host/i],
    ] as const) {
      const answer = await one.owner.ask('GET', path)
      assert.equal(answer.status, status, answer.text)
      assert.match(answer.text, message)
      assert.equal(answer.headers['content-disposition'], undefined)
    }
    const stranger = await one.owner.ask('GET', file('few'), { headers: { Cookie: '' } })
    assert.equal(stranger.status, 401)
  })

  it(
    'of 50 MB is whole though it is read slowly, and four at once cost the hub less memory than two of them hold',
    { timeout: 240_000 },
    async () => {
      const wanted = createHash('sha256')
      for (let n = 0; n < lines; n += 1000) wanted.update(Array.from({ length: 1000 }, (_, i) => `${line(n + i)}\n`).join(''))
      const before_ = residentBytes()
      const readers = await Promise.all(Array.from({ length: 4 }, () => begin(file('long'))))
      await new Promise((resolve) => setTimeout(resolve, 4000))
      const grown = residentBytes() - before_
      assert.ok(grown < 64 * MiB, `${Math.round(grown / MiB)} MiB for ${readers.length} files that nobody reads`)
      for (const left of readers.slice(1)) left.destroy()
      assert.deepEqual(await digestOf(readers[0]!), { bytes: lines * lineBytes, digest: wanted.digest('hex') })
      const after_ = residentBytes() - before_
      assert.ok(after_ < 96 * MiB, `${Math.round(after_ / MiB)} MiB after ${lines * lineBytes} B`)
    },
  )

  it('that its reader leaves is read no further, and holds nothing open', { timeout: 60_000 }, async () => {
    const session = await one.owner.open()
    const streams = async () => (await session.onHost('alpha').hosts.link({ host: 'alpha' })).stats?.openStreams ?? -1
    const idle = await streams()
    const answer = await begin(file('long'))
    await until(async () => (await streams()) > idle)
    answer.destroy()
    await until(async () => (await streams()) === idle)
    session.close()
  })

  it('whose reader takes nothing for half a minute is given up, and the trail says so', { timeout: 120_000 }, async () => {
    const session = await one.owner.open()
    const streams = async () => (await session.onHost('alpha').hosts.link({ host: 'alpha' })).stats?.openStreams ?? -1
    const idle = await streams()
    const answer = await begin(file('long'))
    answer.pause()
    await until(async () => (await streams()) > idle)
    await new Promise((resolve) => setTimeout(resolve, 25_000))
    await until(async () => (await streams()) === idle)
    // The row is written once its stream is over.
    await until(async () => (await outcomes())[0]!.outcome !== 'started')
    assert.deepEqual((await outcomes())[0], { ...(await outcomes())[0], outcome: 'failed', code: 'deadline_exceeded' })
    await assert.rejects(digestOf(answer))
    session.close()
  })

  it('whose engine goes away in the middle fails, and does not end as if that were all', { timeout: 120_000 }, async () => {
    const answer = await begin(file('long'))
    one.engine.process.kill('SIGKILL')
    await assert.rejects(digestOf(answer))
    await one.engine.restart()
    await until(async () => (await one.owner.ask('GET', file('few'))).status === 200)
    assert.equal((await outcomes())[0]!.outcome, 'ok')
  })

  it('whose host goes away for good in the middle fails as well', { timeout: 180_000 }, async () => {
    const answer = await begin(file('long'))
    one.agent.process.kill('SIGKILL')
    await assert.rejects(digestOf(answer))
    await until(async () => (await outcomes())[0]!.outcome === 'failed')
    const offline = await one.owner.ask('GET', file('few'))
    assert.equal(offline.status, 503)
    assert.match(offline.text, /is offline/)
  })
})
