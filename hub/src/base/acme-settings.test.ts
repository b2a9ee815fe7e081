import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readConfig } from '../config.ts'

describe('settings of an authority', () => {
  let dir: string
  before(() => {
    dir = mkdtempSync('/var/tmp/fairlead-settings-')
    writeFileSync(join(dir, 'cert.pem'), 'x')
    writeFileSync(join(dir, 'eab'), `${'k'.repeat(43)}\n`)
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  const read = (env: Record<string, string>) => readConfig({ FAIRLEAD_DATA_DIR: join(dir, 'data'), ...env })
  const agreed = { FAIRLEAD_ACME_AGREE: '1', FAIRLEAD_PUBLIC_URL: 'https://Hub.example:8443' }

  it('need one word and the public address, and are none without', () => {
    assert.equal(read({ FAIRLEAD_PUBLIC_URL: 'https://hub.example' }).acme, undefined)
    const { acme } = read(agreed)
    assert.deepEqual(
      [acme?.domains, acme?.directory, acme?.listen],
      [['hub.example'], 'https://acme-v02.api.letsencrypt.org/directory', { host: '0.0.0.0', port: 80 }],
    )
  })

  it('take several names, in any spelling', () => {
    const { acme } = read({ ...agreed, FAIRLEAD_ACME_DOMAINS: 'HUB.example, bücher.example hub.example' })
    assert.deepEqual(acme?.domains, ['hub.example', 'xn--bcher-kva.example'])
  })

  it('take the key of an account from a file, and show it nowhere', () => {
    const { acme } = read({ ...agreed, FAIRLEAD_ACME_EAB_KID: 'kid', FAIRLEAD_ACME_EAB_KEY_FILE: join(dir, 'eab') })
    assert.equal(acme?.eab?.key(), 'k'.repeat(43))
    assert.ok(!JSON.stringify(acme).includes('kkk'))
  })

  const own = () => ({ FAIRLEAD_TLS_CERT: join(dir, 'cert.pem'), FAIRLEAD_TLS_KEY: join(dir, 'cert.pem') })
  const faults: readonly (readonly [title: string, env: () => Record<string, string>, says: RegExp])[] = [
    [
      'nothing agreed to',
      () => ({ FAIRLEAD_ACME_EMAIL: 'a@b.example' }),
      /FAIRLEAD_ACME_EMAIL is set, but no certificate is asked for before FAIRLEAD_ACME_AGREE=1/,
    ],
    ['a word that is none', () => ({ ...agreed, FAIRLEAD_ACME_AGREE: 'yes' }), /FAIRLEAD_ACME_AGREE=1 says/],
    ['no name', () => ({ FAIRLEAD_ACME_AGREE: '1' }), /and no name: set FAIRLEAD_PUBLIC_URL/],
    ['files of one’s own as well', () => ({ ...agreed, ...own() }), /FAIRLEAD_TLS_CERT and FAIRLEAD_ACME_AGREE are both set/],
    ['a wildcard', () => ({ ...agreed, FAIRLEAD_ACME_DOMAINS: '*.hub.example' }), /\*\.hub\.example, which has a wildcard/],
    [
      'an address',
      () => ({ ...agreed, FAIRLEAD_PUBLIC_URL: 'https://10.0.0.1' }),
      /FAIRLEAD_PUBLIC_URL holds 10\.0\.0\.1, which is an address/,
    ],
    ['a bare name', () => ({ ...agreed, FAIRLEAD_ACME_DOMAINS: 'hub' }), /hub, which is no name that an authority could look up/],
    [
      'many names',
      () => ({ ...agreed, FAIRLEAD_ACME_DOMAINS: Array.from({ length: 21 }, (_, i) => `h${i}.example`).join(' ') }),
      /holds 21 names; 20 is the most/,
    ],
    [
      'a directory that is not https',
      () => ({ ...agreed, FAIRLEAD_ACME_DIRECTORY: 'http://ca.example/dir' }),
      /FAIRLEAD_ACME_DIRECTORY must look like https/,
    ],
    [
      'a directory with a user',
      () => ({ ...agreed, FAIRLEAD_ACME_DIRECTORY: 'https://a:b@ca.example/dir' }),
      /FAIRLEAD_ACME_DIRECTORY must look like/,
    ],
    ['a CA that is not there', () => ({ ...agreed, FAIRLEAD_ACME_CA: '/nowhere/ca.pem' }), /FAIRLEAD_ACME_CA names \/nowhere\/ca\.pem/],
    ['two addresses to write to', () => ({ ...agreed, FAIRLEAD_ACME_EMAIL: 'a@b.example,c@d.example' }), /must be one address/],
    ['half of an account', () => ({ ...agreed, FAIRLEAD_ACME_EAB_KID: 'kid' }), /belong together/],
    [
      'a key that is none',
      () => ({ ...agreed, FAIRLEAD_ACME_EAB_KID: 'kid', FAIRLEAD_ACME_EAB_KEY: 'not base64!' }),
      /FAIRLEAD_ACME_EAB_KEY must be in base64url/,
    ],
    [
      'one port for two',
      () => ({ ...agreed, FAIRLEAD_LISTEN: 'http://0.0.0.0:80', FAIRLEAD_ACME_LISTEN: 'http://0.0.0.0:80' }),
      /are both port 80/,
    ],
  ]
  for (const [title, env, says] of faults)
    it(`with ${title} are refused by name`, () => {
      assert.throws(() => read(env()), says)
      assert.throws(
        () => read(env()),
        ({ message }: Error) => !message.includes('not base64!'),
      )
    })
})
