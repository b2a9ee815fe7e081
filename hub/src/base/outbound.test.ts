import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { kindOf, netFault, readNets, type AddressKind } from './addresses.ts'
import { openCertificate } from './certificate.ts'
import { createOutbound } from './outbound.ts'

const nothing = readNets([])

const table: Readonly<Record<AddressKind, string>> = {
  public: `1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.216.34 99.84.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.1 172.15.255.255 172.32.0.1 191.255.255.255 192.0.1.1 192.0.3.1 192.167.255.255 192.169.0.1 198.17.255.255
    198.20.0.1 203.0.112.255 203.0.114.1 223.255.255.255 2600:: 2606:4700:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888 2001:200::1
    2003::1 2400:cb00::1 2c0f::1 ::ffff:8.8.8.8 ::ffff:808:808 ::ffff:0:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b::808:808 2002:808:808::1`,
  private: `10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.199 100.127.255.255 127.0.0.1 127.1.2.3 127.255.255.255 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.8 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.168.255.255 192.175.48.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 0:0:0:0:0:ffff:7f00:1 ::FFFF:10.0.0.1 ::ffff:192.168.1.1
    ::ffff:0:127.0.0.1 ::ffff:0:a00:1 ::127.0.0.1 ::7f00:1 ::10.0.0.1 ::8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1
    64:ff9b::192.168.0.1 64:ff9b:1::8.8.8.8 64:ff9b:1::7f00:1 64:ff9b:2::1 2002:7f00:1::1 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1
    2002:ac10:1::1 2001:0:808:808:0:0:f7f7:f7f7 2001:0:808:808::80ff:fffe 2001:10::1 2001:20::1 2001:1ff::1
    2001:db8::1 2001:db8:ffff::1 3fff::1 3fff:fff::1 fc00::1 fd00::1 fd12:3456:789a::1 fdff::1 fec0::1 100::1 200::1 400::1 4000::1 5f00::1
    8000::1 c000::1 e000::1 f000::1 2606:4700::5efe:10.0.0.1 2606:4700::5efe:7f00:1 2606:4700::200:5efe:192.168.0.1`,
  never: `0.0.0.0 0.0.0.1 0.255.255.255 ::2 ::ffff 2001::1 2001:0:7f00:1::1 169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 100.100.100.200 168.63.129.16 192.0.0.192
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: 0:0:0:0:0:0:0:0 ::0 fd00:ec2::254 fd00:ec2::23 fd00:42::42 fd20:ce::254 fe80::1
    fe80::a9fe:a9fe febf::1 ff02::1 ff0e::1 ffff::1 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:0.0.0.0 ::ffff:0:169.254.169.254
    ::169.254.169.254 ::a9fe:a9fe 64:ff9b::169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 2002:0:0::1
    2001:0:a9fe:a9fe::1 2001:0:808:808::5601:5601 2606:4700::5efe:169.254.169.254 ::ffff:255.255.255.255 fe80::1%eth0 fe80::1%1 ::1%lo
    2606:4700::1%eth0 127.1 0x7f.1 2130706433 017700000001 1.2.3 localhost example.com 1.2.3.4.5 ::g 256.1.1.1 -`,
}
const cases = Object.entries(table).flatMap(([kind, all]) =>
  all
    .trim()
    .split(/\s+/)
    .map((address) => [address, kind] as const),
)

describe('addresses', () => {
  it(`are public, private or never to be asked: a table of ${cases.length} [security 119]`, () => {
    assert.ok(cases.length >= 120)
    for (const [address, kind] of cases) assert.equal(kindOf(address, nothing), kind, address)
  })

  it('that hold another in whatever notation are no more open than that one [security 119]', () => {
    const part = fc.integer({ min: 0, max: 255 })
    const worse = { public: 0, private: 1, never: 2 }
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), ([a, b, c, d]) => {
        const inner = worse[kindOf([a, b, c, d].join('.'), nothing)]
        const [high, low] = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
        const [notHigh, notLow] = [(((a << 8) | b) ^ 0xffff).toString(16), (((c << 8) | d) ^ 0xffff).toString(16)]
        const forms = [`::ffff:${high}:${low}`, `::ffff:0:${high}:${low}`, `64:ff9b::${high}:${low}`, `64:ff9b:1::${high}:${low}`]
        forms.push(
          `2002:${high}:${low}::1`,
          `2001:0:808:808:0:0:${notHigh}:${notLow}`,
          `2001:0:${high}:${low}::`,
          `2600::5efe:${high}:${low}`,
        )
        if (a > 0) forms.push(`::${high}:${low}`)
        for (const form of forms) assert.ok(worse[kindOf(form, nothing)] >= inner, form)
      }),
      { numRuns: 5000 },
    )
  })

  it('that were opened are open by exactly the networks named, and those of clouds by none [security 119]', () => {
    const opened = readNets(['10.1.2.0/24', '192.168.7.7', 'fd00:1::/32', '0.0.0.0/0', '::/0'].slice(0, 3))
    const open = ['10.1.2.0', '10.1.2.255', '192.168.7.7', 'fd00:1:2::1', '::ffff:10.1.2.3', '64:ff9b::a01:203']
    for (const address of open) assert.equal(kindOf(address, opened), 'public', address)
    for (const address of ['10.1.3.0', '192.168.7.8', 'fd00:2::1', '127.0.0.1', '::1', '::ffff:10.1.3.3'])
      assert.equal(kindOf(address, opened), 'private', address)
    const all = readNets(['0.0.0.0/0', '::/0'])
    for (const [address, kind] of cases) assert.equal(kindOf(address, all), kind === 'never' ? 'never' : 'public', address)
  })

  it('and networks of the settings are refused by what is wrong with them', () => {
    for (const good of ['10.0.0.0/8', '::1', '1.2.3.4', 'fd00::/8', '0.0.0.0/0']) assert.equal(netFault(good), undefined, good)
    for (const bad of ['10.0.0.0/33', 'lan', '10.0.0.0/8/8', 'fe80::1%eth0', '::/129', '10.0.0.0/', '/8', '10.0/8'])
      assert.ok(netFault(bad), bad)
  })
})

describe('what the hub asks of others', () => {
  const servers: Server[] = []
  let base: string
  let port: number
  let asked: { url: string; host: string | undefined; body: string; headers: object }[] = []

  const listen = async (server: Server) => {
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const answers: Readonly<Record<string, RequestListener>> = {
    '/redirect': (_request, response) => response.writeHead(302, { Location: `${base}/inside` }).end(),
    '/large': (_request, response) => {
      const more = () => void (response.write(Buffer.alloc(65_536)) ? setImmediate(more) : response.once('drain', more))
      more()
    },
    '/said': (_request, response) => void response.writeHead(200, { 'Content-Length': 1e9 }).flushHeaders(),
    '/slow': () => undefined,
    '/drip': (_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    },
    '/packed': (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'),
    '/empty': (_request, response) => response.writeHead(204).end(),
  }
  before(async () => {
    port = await listen(
      createServer((request, response) => {
        let body = ''
        request.on('data', (part: Buffer) => (body += part.toString()))
        request.on('end', () => {
          const { url = '', headers } = request
          asked.push({ url, host: headers.host, body, headers })
          const answer = answers[url]
          if (answer !== undefined) answer(request, response)
          else response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'] }).end('{"fine":true}')
        })
      }),
    )
    base = `http://127.0.0.1:${port}`
  })
  after(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })

  const open = createOutbound({ allow: ['127.0.0.0/8'] })
  const refuses = async (work: Promise<unknown>, code: string, why: RegExp) =>
    assert.rejects(work, (error: Error) => (codeOf(error) === code && why.test(error.message)) || assert.fail(error))

  it('comes back as from fetch, with what was sent: a body, headers, a form', async () => {
    asked = []
    const answer = await open.guardedFetch(`${base}/hook`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json' },
    })
    assert.deepEqual([answer.status, await answer.json(), answer.headers.getSetCookie()], [200, { fine: true }, ['a=1', 'b=2']])
    await open.guardedFetch(new URL(`${base}/form`), { method: 'POST', body: new URLSearchParams({ a: 'b c' }) })
    assert.deepEqual(
      asked.map(({ body }) => body),
      ['{"a":1}', 'a=b+c'],
    )
    assert.equal((await open.guardedFetch(`${base}/empty`)).status, 204)
  })

  it('goes nowhere inside that was not opened, by name or address, nor where nothing may be asked [security 119]', async () => {
    asked = []
    const closed = createOutbound({ allow: [] })
    const hosts = [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '017700000001',
      '１２７.０.０.１',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::7f00:1]',
    ]
    hosts.push('[64:ff9b::7f00:1]', '[2002:7f00:1::1]', 'localhost')
    for (const host of hosts)
      await refuses(closed.guardedFetch(`http://${host}:${port}/inside`), 'invalid_input', /FAIRLEAD_OUTBOUND_ALLOW/)
    for (const host of ['0.0.0.0', '0', '[::]', '169.254.169.254', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]'])
      await refuses(open.guardedFetch(`http://${host}:${port}/inside`), 'invalid_input', /nothing may be asked/)
    assert.deepEqual(asked, [])
  })

  it('judges every address of a name, and connects to none but those, though the next answer is another one [security 119]', async () => {
    asked = []
    const mixed = createOutbound({ allow: [], resolve: async () => ['93.184.216.34', '127.0.0.1'] })
    await refuses(mixed.guardedFetch(`http://rebind.example:${port}/`), 'invalid_input', /private network/)
    let turn = 0
    const rebinding = createOutbound({ allow: ['127.0.0.1'], resolve: async () => (turn++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']) })
    assert.equal((await rebinding.guardedFetch(`http://rebind.example:${port}/once`)).status, 200)
    assert.equal(turn, 1)
    assert.deepEqual(
      asked.map(({ host }) => host),
      [`rebind.example:${port}`],
    )
    await refuses(rebinding.guardedFetch(`http://rebind.example:${port}/`), 'invalid_input', /nothing may be asked/)
    await refuses(
      createOutbound({ allow: [], resolve: async () => ['fe80::1%eth0'] }).guardedAddress('scoped.example', 636),
      'invalid_input',
      /nothing/,
    )
    assert.equal((await rebinding.guardedAddress('127.0.0.1', port)).address, '127.0.0.1')
  })

  it('brings a redirect back as it is, and follows none [security 119]', async () => {
    asked = []
    const { status } = await open.guardedFetch(`${base}/redirect`, { redirect: 'follow' })
    assert.deepEqual([status, asked.map(({ url }) => url)], [302, ['/redirect']])
  })

  it('takes https, and http only to what was opened; no user, no password, no other scheme [security 119]', async () => {
    const outside = createOutbound({ allow: [], resolve: async () => ['93.184.216.34'] })
    await refuses(outside.guardedFetch('http://idp.example/'), 'invalid_input', /over https/)
    for (const url of [
      'ftp://idp.example/',
      'file:///etc/passwd',
      'data:,x',
      'javascript:1',
      'gopher://127.0.0.1/',
      'unix:/run/x',
      'nonsense',
    ])
      await refuses(open.guardedFetch(url), 'invalid_input', /https:\/\//)
    for (const url of [`http://user@127.0.0.1:${port}/`, `http://:secret@127.0.0.1:${port}/`, `http://a.example@127.0.0.1:${port}/`])
      await refuses(open.guardedFetch(url), 'invalid_input', /no user and no password/)
    await refuses(open.guardedFetch('http://[fe80::1%25eth0]/'), 'invalid_input', /must look like/)
  })

  it('ends with what is too large, too slow, or packed unasked [security 119]', async () => {
    await refuses(open.guardedFetch(`${base}/large`, { mostBytes: 100_000 }), 'bad_upstream', /more than 98 KiB/)
    await refuses(open.guardedFetch(`${base}/said`), 'bad_upstream', /more than 1024 KiB/)
    await refuses(open.guardedFetch(`${base}/slow`, { limitMs: 100 }), 'bad_upstream', /within 0.1 s/)
    await refuses(open.guardedFetch(`${base}/drip`, { limitMs: 150 }), 'bad_upstream', /within 0.15 s/)
    await refuses(open.guardedFetch(`${base}/packed`), 'bad_upstream', /gzip/)
    const never = createOutbound({ allow: [], resolve: () => new Promise(() => undefined) })
    await refuses(never.guardedFetch('https://slow.example/', { limitMs: 50 }), 'bad_upstream', /not found in time/)
    const many = createOutbound({ allow: [], resolve: async () => Array.from({ length: 100 }, () => '93.184.216.34') })
    await refuses(many.guardedAddress('many.example', 443), 'bad_upstream', /not known/)
    await refuses(open.guardedFetch('http://127.0.0.1:1/'), 'bad_upstream', /ECONNREFUSED/)
  })

  it('asks for the certificate of the name, at the address that was judged', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-outbound-'))
    const { cert, key } = await openCertificate(dir, { cert: undefined, key: undefined })
    rmSync(dir, { recursive: true })
    let name: string | boolean | undefined
    const server = createTls({ cert, key }, (_request, response) => response.end('hello'))
    server.on('secureConnection', ({ servername }) => (name = servername ?? undefined))
    const at = await listen(server as unknown as Server)
    const inside = createOutbound({ allow: ['127.0.0.1'], resolve: async () => ['127.0.0.1'] })
    assert.equal(await (await inside.guardedFetch(`https://localhost:${at}/`, { ca: cert })).text(), 'hello')
    assert.equal(name, 'localhost')
    await refuses(inside.guardedFetch(`https://other.example:${at}/`, { ca: cert }), 'bad_upstream', /ALTNAME/)
    await refuses(inside.guardedFetch(`https://localhost:${at}/`), 'bad_upstream', /cannot be reached/)
  })
})
