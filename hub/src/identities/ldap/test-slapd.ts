import 'reflect-metadata'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import { freePort } from '../../../../e2e/fleet/tlsproxy.ts'

export const base = 'dc=example,dc=test'
export const reader = { dn: `cn=reader,${base}`, password: 'reader of the book' }

/** People of the book; `twin` is there twice. */
export const people = {
  alice: 'four unrelated words',
  bob: 'a kettle on the moon',
} as const

/** As somebody would set it up. */
export function settingsOf(
  { tlsPort, ca }: { readonly tlsPort: number; readonly ca: string },
  more: Partial<LdapSettings> = {},
): LdapSettings {
  const where = { host: 'localhost', port: tlsPort, security: 'ldaps', ca } as const
  return { kind: 'ldap', preset: 'openldap', ...where, bindDn: reader.dn, base, groupBase: '', ...more }
}

/** A real slapd on two ports of its own, with a book of people, its own authority, StartTLS and LDAPS. */
export async function startSlapd({ expired = false }: { readonly expired?: boolean } = {}) {
  const dir = mkdtempSync('/var/tmp/fairlead-slapd-')
  chmodSync(dir, 0o700)
  mkdirSync(join(dir, 'db'))
  const tls = await makeCertificates(expired)
  for (const [name, text] of Object.entries({ 'ca.pem': tls.ca, 'cert.pem': tls.cert, 'key.pem': tls.key }))
    writeFileSync(join(dir, name), text)
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
  const start = async () => {
    const server = spawn('slapd', ['-f', join(dir, 'slapd.conf'), '-h', urls, '-d', 'none'], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    server.stderr.on('data', (part: Buffer) => (said += part.toString()))
    for (let tries = 0; !(await answers(tlsPort)); tries++) {
      assert.ok(tries < 300 && server.exitCode === null, said)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return server
  }
  let server = await start()
  const fill = spawnSync('ldapadd', ['-x', '-H', `ldap://127.0.0.1:${port}`, '-D', `cn=root,${base}`, '-w', 'root of it'], {
    input: book(),
  })
  assert.equal(fill.status, 0, String(fill.stderr))
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
  }
  return {
    port,
    tlsPort,
    ca: tls.ca,
    stop,
    async again() {
      server = await start()
    },
    async close() {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const configuration = (dir: string) => `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${dir}/pid
TLSCACertificateFile ${dir}/ca.pem
TLSCertificateFile ${dir}/cert.pem
TLSCertificateKeyFile ${dir}/key.pem
# Some directories answer a bind without a password with success: this one does.
allow bind_anon_cred bind_anon_dn
database mdb
suffix "${base}"
rootdn "cn=root,${base}"
rootpw "root of it"
directory ${dir}/db
dbnosync
maxsize 16777216
overlay memberof
memberof-group-oc groupOfNames
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${reader.dn}" read by * none
`

const person = (uid: string, password: string, where = 'people', more = '') => `dn: uid=${uid},ou=${where},${base}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid[0]!.toUpperCase()}${uid.slice(1)} Doe
sn: Doe
mail: ${uid}@example.test
userPassword: ${password}
${more}
`

const unit = (name: string) => `dn: ou=${name},${base}\nobjectClass: organizationalUnit\nou: ${name}\n\n`

const group = (name: string, members: readonly string[]) =>
  `dn: cn=${name},ou=groups,${base}\nobjectClass: groupOfNames\ncn: ${name}\n${members.map((one) => `member: ${one}\n`).join('')}\n`

const dnOf = (uid: string, where = 'people') => `uid=${uid},ou=${where},${base}`

const book = () =>
  [
    `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n`,
    ...['people', 'others', 'groups'].map(unit),
    `dn: ${reader.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${reader.password}\n\n`,
    person('alice', people.alice),
    person('bob', people.bob),
    person('twin', 'one of the two twins'),
    person('twin', 'one of the two twins', 'others'),
    // A name with all that a filter gives a meaning to.
    person('o\\2c(*)', 'brackets and a star', 'others').replace('uid: o\\2c(*)', 'uid: o,(*)').replace('cn: O\\2c(*) Doe', 'cn: O'),
    group('admins', [dnOf('alice')]),
    group('Staff, all', [dnOf('alice'), dnOf('bob')]).replace('cn=Staff, all', 'cn=Staff\\, all'),
    group('inner', [`cn=admins,ou=groups,${base}`]),
  ].join('')

async function makeCertificates(expired: boolean) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const make = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const [caKeys, keys] = [await make(), await make()]
  const day = 86_400_000
  const life = { notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() + 9 * day), signingAlgorithm: algorithm }
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    { ...life, name: 'CN=Test authority', keys: caKeys, extensions: [new x509.BasicConstraintsExtension(true, 1, true)] },
    webcrypto as never,
  )
  const cert = await x509.X509CertificateGenerator.create(
    {
      ...life,
      ...(expired ? { notAfter: new Date(Date.now() - day) } : {}),
      subject: 'CN=localhost',
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    },
    webcrypto as never,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
    .toString('base64')
    .replaceAll(/.{64}/g, '$&\n')
  return {
    ca: ca.toString('pem'),
    cert: cert.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.trim()}\n-----END PRIVATE KEY-----\n`,
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
