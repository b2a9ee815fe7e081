import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { after, afterEach, before, describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { until } from '../../../e2e/fleet/until.ts'
import type { AuditSink } from '../base/audit-sinks.ts'
import { openCertificate } from '../base/certificate.ts'
import { openSinks, type Sinks } from './sinks.ts'
import { openTestTrail, type TestTrail } from './test-trail.ts'

interface Receiver {
  readonly port: number
  readonly rows: AuditRow[]
  readonly frames: string[]
  close(): Promise<void>
}

/** Frames of RFC 6587: a length, a space, so many bytes. */
function unframe(text: string): string[] {
  const frames: string[] = []
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(' ', at)
    const length = Number(text.slice(at, space))
    frames.push(text.slice(space + 1, space + 1 + length))
    at = space + 1 + length
  }
  return frames
}

const times = { gatherMs: 10, firstMs: 20, mostMs: 100 }
const rowOf = (frame: string) => JSON.parse(frame.slice(frame.indexOf(' - {') + 3)) as AuditRow & { organization: string }

describe('sinks of the trail', () => {
  let trail: TestTrail
  const opened: { close(): Promise<void> }[] = []
  before(async () => void (trail = await openTestTrail()))
  after(() => trail.close())
  afterEach(async () => {
    for (const each of opened.splice(0).toReversed()) await each.close()
  })
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one)
    return one
  }

  async function listen(server: Server | HttpServer, rows: AuditRow[], frames: string[], port = 0): Promise<Receiver> {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
    return keep({ port: (server.address() as AddressInfo).port, rows, frames, close })
  }
  /** A receiver that reads a connection to its end, as rsyslog does; `drop`: cuts it off instead. */
  async function syslog({
    port = 0,
    tls,
    drop = () => false,
  }: { port?: number; tls?: object; drop?: (n: number) => boolean } = {}): Promise<Receiver> {
    const [rows, frames]: [AuditRow[], string[]] = [[], []]
    let connections = 0
    const take = (socket: Socket) => {
      const n = connections++
      let text = ''
      socket.on('error', () => undefined)
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1')
        if (drop(n)) socket.resetAndDestroy()
      })
      socket.on('end', () => {
        const all = unframe(text)
        frames.push(...all)
        rows.push(...all.map(rowOf))
      })
    }
    return listen(tls === undefined ? createServer(take) : createTls(tls, take), rows, frames, port)
  }
  async function webhook(secret: Buffer, answer: (n: number) => number = () => 200): Promise<Receiver & { readonly ids: string[] }> {
    const [rows, ids]: [AuditRow[], string[]] = [[], []]
    let n = 0
    const server = createHttp((request, response) => {
      const parts: Buffer[] = []
      request
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          const body = Buffer.concat(parts).toString()
          const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
          const wanted = `v1,${createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64')}`
          const status = signature === wanted && Math.abs(Number(at) - Date.now() / 1000) < 60 ? answer(n++) : 401
          ids.push(`${status} ${id}`)
          if (status === 200) rows.push(...(JSON.parse(body) as { data: { rows: AuditRow[] } }).data.rows)
          response.writeHead(status).end()
        })
    })
    return Object.assign(await listen(server, rows, []), { ids })
  }
  let epoch = '0'
  const open = (sinks: readonly AuditSink[]): Sinks =>
    keep(
      openSinks({
        db: trail.db,
        audits: trail.audits,
        archiveDir: trail.reading.archiveDir,
        sinks,
        post: fetch,
        epoch: () => epoch,
        log: () => undefined,
        times,
      }),
    )
  const tcp = (port: number, organization: string, name = 'siem'): AuditSink => ({
    kind: 'syslog',
    name,
    host: '127.0.0.1',
    port,
    tls: false,
    organizations: [organization],
  })
  const seqs = (rows: readonly AuditRow[]) => rows.map(({ seq }) => seq)
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

  it('get every row over TCP, in order, those of before and those that come', async () => {
    const organization = await trail.filled(25)
    const receiver = await syslog()
    open([tcp(receiver.port, organization)])
    await until(async () => receiver.rows.length === 25)
    await trail.write(organization, 30)
    await until(async () => receiver.rows.length === 55)
    assert.deepEqual(seqs(receiver.rows), upTo(55))
    assert.match(receiver.frames[0]!, /^<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ fairlead-hub - host\.update - \{"organization":/)
  })

  it('get every row over TLS, of a receiver whose certificate is known, and of no other', async () => {
    const { cert, key } = await openCertificate(trail.dir, { cert: undefined, key: undefined })
    const organization = await trail.filled(5)
    const receiver = await syslog({ tls: { cert, key } })
    const sink = { ...tcp(receiver.port, organization), tls: true, host: 'localhost' } as AuditSink
    const wary = open([sink])
    await until(async () => (wary.of(organization)[0]?.problem ?? '') !== '')
    assert.deepEqual([receiver.rows.length, wary.of(organization)[0]!.behind], [0, 5])
    open([{ ...sink, ca: String(cert) } as AuditSink])
    await until(async () => receiver.rows.length === 5)
  })

  it('get what they missed once they are back, and no writer waited for them', async () => {
    const organization = await trail.filled(3)
    const gone = await syslog()
    const { port } = gone
    await gone.close()
    opened.length = 0
    const sinks = open([tcp(port, organization)])
    await trail.write(organization, 40)
    await until(async () => (sinks.of(organization)[0]?.problem ?? '') !== '')
    assert.equal(sinks.of(organization)[0]!.behind, 43)
    assert.deepEqual(sinks.behind(), [{ sink: 'siem', rows: 43 }])
    const back = await syslog({ port })
    await until(async () => back.rows.length === 43)
    assert.deepEqual(seqs(back.rows), upTo(43))
    await until(async () => sinks.of(organization)[0]!.problem === '' && sinks.of(organization)[0]!.behind === 0)
  })

  it('get again what a connection that was cut off may have lost', async () => {
    const organization = await trail.filled(20)
    const receiver = await syslog({ drop: (n) => n < 3 })
    open([tcp(receiver.port, organization)])
    await until(async () => receiver.rows.length === 20)
    assert.deepEqual(seqs(receiver.rows), upTo(20))
  })

  it('get every row at least once, in order, though whoever sends dies again and again', async () => {
    const organization = await trail.filled(0)
    const receiver = await syslog()
    for (let round = 0; round < 6; round++) {
      const sinks = openSinks({
        db: trail.db,
        audits: trail.audits,
        archiveDir: trail.reading.archiveDir,
        sinks: [tcp(receiver.port, organization)],
        post: fetch,
        epoch: () => epoch,
        log: () => undefined,
        times,
      })
      await trail.write(organization, 20)
      await sinks.close()
    }
    open([tcp(receiver.port, organization)])
    await until(async () => seqs(receiver.rows).includes(120))
    const first = seqs(receiver.rows).filter((seq, at, all) => all.indexOf(seq) === at)
    assert.deepEqual(first, upTo(120))
  })

  it('get no id twice after a restore: rows that took the numbers of those that were lost come under another one [security 141]', async () => {
    const secret = randomBytes(32)
    const receiver = await webhook(secret)
    const organization = await trail.filled(10)
    const url = `http://127.0.0.1:${receiver.port}/x`
    const hook = { kind: 'webhook', name: 'restored', url, secret: () => secret, organizations: [organization] } as const
    await (async () => {
      const sinks = open([hook])
      await until(async () => receiver.rows.length === 10)
      await sinks.close()
    })()
    // Set back to before, as a restore does, and written on: other rows of the same numbers.
    await trail.db.tx({ organization }, (sql) => sql`UPDATE audit_sinks SET seq = 0 WHERE organization_id = ${organization}`)
    epoch = '1800000000000'
    open([hook])
    await until(async () => receiver.rows.length === 20)
    epoch = '0'
    assert.deepEqual(receiver.ids, [`200 audit_${organization}_0_1_10`, `200 audit_${organization}_1800000000000_1_10`])
  })

  it('get signed requests whose repeats have the same id, until they are taken, and in order', async () => {
    const organization = await trail.filled(250)
    const secret = randomBytes(32)
    const receiver = await webhook(secret, (n) => (n % 2 === 0 ? 503 : 200))
    open([
      { kind: 'webhook', name: 'hook', url: `http://127.0.0.1:${receiver.port}/x`, secret: () => secret, organizations: [organization] },
    ])
    await until(async () => receiver.rows.length === 250)
    assert.deepEqual(seqs(receiver.rows), upTo(250))
    assert.deepEqual(
      receiver.ids.slice(0, 2).map((id) => id.slice(4)),
      [`audit_${organization}_0_1_100`, `audit_${organization}_0_1_100`],
    )
    assert.equal(
      receiver.ids.some((id) => id.startsWith('401')),
      false,
    )
  })

  it('are each on their own: one that is dead keeps no other back', async () => {
    const organization = await trail.filled(10)
    const dead = await syslog()
    await dead.close()
    opened.length = 0
    const receiver = await syslog()
    const sinks = open([tcp(dead.port, organization, 'dead'), tcp(receiver.port, organization, 'alive')])
    await until(async () => receiver.rows.length === 10)
    await until(async () => (sinks.of(organization).find(({ name }) => name === 'dead')?.problem ?? '') !== '')
    assert.equal(sinks.of(organization).find(({ name }) => name === 'dead')!.behind, 10)
  })

  it('get one line a row, whatever names are in it [security 138]', async () => {
    const names = ['a\r\n<110>1 - evil', 'b\u001b[2Jc', 'd\u202ee', '\u0085f\u2028g', 'x'.repeat(300)]
    const organization = await trail.filled(names.length, (n) => ({
      hostName: names[n - 1]!,
      targetName: names[n - 1]!,
      actorName: names[n - 1]!,
    }))
    const receiver = await syslog()
    open([tcp(receiver.port, organization)])
    await until(async () => receiver.rows.length === names.length)
    for (const frame of receiver.frames) assert.match(frame, /^[\x20-\x7e]+$/)
    assert.deepEqual(
      receiver.rows.map(({ hostName }) => hostName),
      names,
    )
  })
})
