import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import { need } from '../../../../e2e/need.ts'
import { signInByLdap, testLdap, type LdapDeps } from './ldap.ts'
import { base, people, reader, settingsOf, startSlapd } from './test-slapd.ts'

type Slapd = Awaited<ReturnType<typeof startSlapd>>

const deps: LdapDeps = { addressOf: async () => ({ addresses: [{ address: '127.0.0.1', family: 4 }], opened: false }), timeoutMs: 2000 }

describe('a directory', need('slapd'), () => {
  let slapd: Slapd
  before(async () => void (slapd = await startSlapd()))
  after(() => slapd?.close())

  const settings = (more: Partial<LdapSettings> = {}) => settingsOf(slapd, more)
  const signIn = (name: string, password: string, more: Partial<LdapSettings> = {}, own = deps) =>
    signInByLdap({ settings: settings(more), password: reader.password }, { name, password }, own)
  const refused = async (work: Promise<unknown>, what: RegExp) =>
    assert.rejects(work, (error: Error) => {
      assert.match(error.message, what)
      return codeOf(error) === 'bad_upstream'
    })

  it('lets in who knows their password, over LDAPS and StartTLS, and says who they are and their groups [security 101]', async () => {
    for (const more of [{}, { security: 'starttls', port: slapd.port } as const]) {
      const found = await signIn('alice', people.alice, more)
      assert.match(found!.subject, /^[0-9a-f-]{36}$/)
      assert.deepEqual(
        { ...found, subject: '' },
        {
          subject: '',
          name: 'Alice Doe',
          email: 'alice@example.test',
          groups: [`cn=admins,ou=groups,${base}`, String.raw`cn=staff\, all,ou=groups,${base}`],
        },
      )
    }
    assert.equal((await signIn(' ALICE ', people.alice))!.subject, (await signIn('alice', people.alice))!.subject)
  })

  it('finds groups by a search where an entry does not name its own', async () => {
    const byMember = await signIn('alice', people.alice, { groupsFrom: 'search', groupBase: `ou=groups,${base}` })
    assert.deepEqual(byMember!.groups, (await signIn('alice', people.alice))!.groups)
    const narrow = await signIn('alice', people.alice, { groupsFrom: 'search', groupFilter: '(cn=admins)' })
    assert.deepEqual(narrow!.groups, [`cn=admins,ou=groups,${base}`])
  })

  it('refuses a wrong password, an unknown name, an empty one of either, and a name that two have [security 101]', async () => {
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['nobody', people.alice],
      ['alice', ''],
      ['', people.alice],
      ['  ', people.alice],
      ['alice\0', people.alice],
      ['bob', people.alice],
      ['twin', 'one of the two twins'],
      ['reader', reader.password],
    ] as const)
      assert.equal(await signIn(name, password), undefined, `${name} ${password}`)
  })

  it('never asks a directory that lets in whoever shows no password [security 101]', async () => {
    const bind = (password: string) =>
      spawnSync('ldapwhoami', ['-x', '-H', `ldap://127.0.0.1:${slapd.port}`, '-D', `uid=alice,ou=people,${base}`, '-w', password]).status
    assert.equal(bind(''), 0, 'this directory does let in')
    assert.notEqual(bind('wrong'), 0)
    assert.equal(await signIn('alice', ''), undefined)
  })

  it('takes every name as a name: thirty that mean something to a filter find nobody [security 101]', async () => {
    for (const name of injections) {
      assert.equal(await signIn(name, people.alice), undefined, name)
      assert.equal(await signIn(name, people.alice, { nameAttributes: ['uid', 'mail'] }), undefined, name)
    }
    // And who is really called so gets in.
    assert.equal((await signIn('o,(*)', 'brackets and a star'))!.name, 'O')
  })

  it('lets in only whom the filter and the base name', async () => {
    assert.equal(await signIn('alice', people.alice, { userFilter: '(&(objectClass=inetOrgPerson)(mail=bob@*))' }), undefined)
    assert.notEqual(await signIn('bob', people.bob, { userFilter: '(&(objectClass=inetOrgPerson)(mail=bob@*))' }), undefined)
    assert.equal(await signIn('alice', people.alice, { base: `ou=others,${base}` }), undefined)
    assert.notEqual(await signIn('twin', 'one of the two twins', { base: `ou=others,${base}` }), undefined)
  })

  it('is not believed under another authority, an expired certificate, or another name [security 101]', async () => {
    const other = await startSlapd({ expired: true })
    try {
      await refused(signIn('alice', people.alice, { ca: other.ca }), /another authority signed it/)
      await refused(signIn('alice', people.alice, { ca: '' }), /another authority signed it/)
      await refused(signIn('alice', people.alice, { ca: other.ca, port: other.tlsPort }), /has expired/)
      await refused(signIn('alice', people.alice, { ca: other.ca, port: other.port, security: 'starttls' }), /has expired/)
      await refused(signIn('alice', people.alice, { host: 'directory.test' }), /for another name/)
      await refused(signIn('alice', people.alice, { port: slapd.port }), /is this the port for LDAPS/)
    } finally {
      await other.close()
    }
  })

  it('is asked nothing unencrypted, but in a network that whoever runs the hub opened [security 101]', async () => {
    const plain = { security: 'plain', port: slapd.port } as const
    await refused(signIn('alice', people.alice, plain), /must not travel unencrypted/)
    assert.notEqual(
      await signIn('alice', people.alice, plain, {
        ...deps,
        addressOf: async () => ({ addresses: [{ address: '127.0.0.1', family: 4 }], opened: true }),
      }),
      undefined,
    )
  })

  it('says each step of a test, up to the one that fails, with how to mend it', async () => {
    const test = (more: Partial<LdapSettings>, name?: string, password: string = reader.password) =>
      testLdap({ settings: settings(more), password }, deps, name)
    assert.deepEqual(
      (await test({}, 'alice')).map(({ step, ok }) => [step, ok]),
      ['connect', 'tls', 'bind', 'search', 'user', 'groups'].map((step) => [step, true]),
    )
    for (const [steps, last, message] of [
      [await test({ port: 1 }), 'connect', /Nothing answers at localhost:1 \(ECONNREFUSED\)/],
      [await test({ ca: '' }), 'tls', /another authority/],
      [await test({}, '', 'wrong'), 'bind', /does not take cn=reader/],
      [await test({ base: 'dc=elsewhere' }), 'search', /does that entry exist/],
      [await test({ userFilter: '(a' }), 'settings', /no LDAP filter/],
      [await test({}, 'nobody'), 'user', /Nobody of that name/],
      [await test({}, 'twin'), 'user', /More than one/],
      [await test({ subjectAttribute: 'employeeNumber' }, 'alice'), 'search', /has no employeeNumber/],
    ] as const) {
      const { step, ok, message: said } = steps.at(-1)!
      assert.deepEqual([step, ok], [last, false])
      assert.match(said, message)
      assert.ok(steps.slice(0, -1).every((one) => one.ok))
      assert.doesNotMatch(JSON.stringify(steps), new RegExp(reader.password))
    }
  })

  it('that stopped is said to be so, and is asked again when it is back', async () => {
    await slapd.stop()
    await refused(signIn('alice', people.alice), /Nothing answers at localhost/)
    await slapd.again()
    assert.notEqual(await signIn('alice', people.alice), undefined)
  })
})

describe('a hostile directory', () => {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  after(() => {
    for (const socket of sockets) socket.destroy()
    for (const server of servers) server.close()
  })

  /** Plain: what it does comes after TLS as before it. */
  const serve = async (answer: (socket: Socket, data: Buffer) => void): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.on('data', (data) => answer(socket, data))
    }).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const own: LdapDeps = { addressOf: async () => ({ addresses: [{ address: '127.0.0.1', family: 4 }], opened: true }), timeoutMs: 500 }
  const signIn = (port: number, more: Partial<LdapSettings> = {}) =>
    signInByLdap(
      {
        settings: {
          kind: 'ldap',
          preset: 'openldap',
          host: 'localhost',
          port,
          security: 'plain',
          ca: '',
          bindDn: reader.dn,
          base,
          groupBase: '',
          ...more,
        },
        password: 'p',
      },
      { name: 'alice', password: 'x' },
      own,
    )
  const down = (work: Promise<unknown>) => assert.rejects(work, (error) => codeOf(error) === 'bad_upstream')
  const message = (id: number, operation: number, ...body: Buffer[]) => wrap(0x30, Buffer.from([2, 1, id]), wrap(operation, ...body))
  const done = Buffer.from([0x0a, 1, 0, 4, 0, 4, 0])

  it('that never answers is left after its time [security 101]', async () => {
    await down(signIn(await serve(() => undefined)))
    await down(signIn(await serve(() => undefined), { security: 'starttls' }))
    await down(signIn(await serve(() => undefined), { security: 'ldaps' }))
  })

  it('that answers with too much, or with what is no message, is left [security 101]', async () => {
    for (const bytes of [
      Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
      Buffer.from([0x30, 0x80]),
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      Buffer.alloc(70_000, 0x30),
      // Messages that nobody asked for, more than a stack is deep.
      Buffer.concat(Array.from({ length: 200_000 }, () => message(99, 0x61, done))),
    ])
      await down(signIn(await serve((socket) => void socket.write(bytes))))
  })

  it('sends nobody elsewhere: a referral is no entry, and nothing is asked there [security 101]', async () => {
    let visited = 0
    const elsewhere = await serve(() => visited++)
    servers.at(-1)!.on('connection', () => visited++)
    const referral = Buffer.from(`ldap://127.0.0.1:${elsewhere}/dc=evil`)
    const port = await serve((socket, data) => {
      const [id, operation] = [data[4]!, data[5]!]
      if (operation === 0x60) return void socket.write(message(id, 0x61, done))
      socket.write(Buffer.concat([message(id, 0x73, wrap(4, referral)), message(id, 0x65, done)]))
    })
    assert.equal(await signIn(port), undefined)
    const refers = await serve((socket, data) => {
      const refer = Buffer.concat([Buffer.from([0x0a, 1, 10, 4, 0, 4, 0]), wrap(0xa3, wrap(4, referral))])
      socket.write(message(data[4]!, data[5] === 0x60 ? 0x61 : 0x65, refer))
    })
    await down(signIn(refers))
    assert.equal(visited, 0)
  })

  it('cannot answer in the open what is asked encrypted: what comes behind the answer to StartTLS ends it [security 101]', async () => {
    const [yes, no] = [message(1, 0x78, done), Buffer.from([0x0a, 1, 2, 4, 0, 4, 0])]
    for (const said of [Buffer.concat([yes, message(2, 0x61, done)]), Buffer.concat([yes, Buffer.from([0x30])]), message(1, 0x78, no)]) {
      const port = await serve((socket) => void socket.write(said))
      await assert.rejects(signIn(port, { security: 'starttls' }), /does not begin TLS/)
    }
  })
})

function wrap(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([
    body.length < 128 ? Buffer.from([tag, body.length]) : Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]),
    body,
  ])
}

/** What finds somebody wherever a name is put into the text of a filter. */
const injections = [
  '*',
  'a*',
  '*lice',
  'al*ce',
  '**',
  '*)(uid=*',
  '*)(uid=*))(|(uid=*',
  'alice)(objectClass=*',
  'alice)(|(uid=*',
  '*))%00',
  'x)(|(objectClass=*)',
  'x)(!(uid=x)',
  'alice*',
  '*(|(mail=*))',
  '*)(mail=*',
  '(uid=alice)',
  'uid=alice',
  'alice)',
  '(alice',
  '&(uid=alice)',
  '|(uid=alice)',
  '!(uid=bob)',
  String.raw`\2a`,
  String.raw`\61lice`,
  String.raw`\28uid=*\29`,
  'alice,ou=people',
  `uid=alice,ou=people,${base}`,
  'alice+cn=x',
  'x))(|(uid=alice',
  '*)(userPassword=*',
  'alice\n',
  'alice;x',
  '>=a',
  '~=alice',
].filter((name) => name.trim() !== 'alice')
