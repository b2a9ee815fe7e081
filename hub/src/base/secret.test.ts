import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, it } from 'node:test'
import { digestOf, sameSecret, secretOf, type Secret } from './secret.ts'

const root = join(import.meta.dirname, '../../..')
const operand = /[\w$.?!'"`]+(?:\([^()]*\))?/.source
const comparison = new RegExp(`(${operand})\\s*[!=]==?\\s*(${operand})`, 'g')
const secretName =
  /(?:secret|token|digest|password|passphrase|credential|cookie|hash|hmac|signature|(?:private|public|hub|host|peer|api|seal)Key|runCode)s?(?:Hash|Bytes|Text|Hex)?[!?]?(?:\([^()]*\))?$/i
const nothingSecret = /^(?:undefined|null|true|false|-?\d.*|['"`].*)$/
const bytewise = /\.equals\(|\bBuffer\.compare\(/

/** Where two things are compared that both may be secret: by operators on names that say so, or byte by byte. */
function comparisons(text: string): string[] {
  const byOperator = [...text.matchAll(comparison)]
    .filter(([, left, right]) => !nothingSecret.test(left!) && !nothingSecret.test(right!))
    .filter(([, left, right]) => secretName.test(left!) || secretName.test(right!))
    .map(([whole]) => whole)
  return [...byOperator, ...text.split('\n').filter((line) => bytewise.test(line))]
}

describe('secrets', () => {
  it('are compared by one function, on digests, in constant time: `===` with a text does not compile [security 40]', () => {
    const secret = secretOf('one')
    const other = secretOf('two')
    assert.ok(sameSecret(secret, secretOf('one')) && !sameSecret(secret, other))
    assert.equal(digestOf(secret).length, 32)
    // @ts-expect-error -- a secret is no text
    assert.ok(secret !== 'one')
    // @ts-expect-error -- nor bytes
    assert.ok(secret !== digestOf(other))
    // @ts-expect-error -- and brings no comparison of its own
    assert.equal(secret.equals, undefined)
    // @ts-expect-error -- a text is not taken for one
    const findCaller: (token: Secret) => void = (token: string) => token
    assert.ok(findCaller)
  })

  it('show nothing of themselves in a log line', () => {
    const secret = secretOf('canary')
    assert.ok(
      ![JSON.stringify({ secret }), inspect(secret, { showHidden: true }), String(secret)].some((text) => /canary|[0-9a-f]{8}/.test(text)),
    )
  })

  it('are compared nowhere else in hub, agent and protocol, neither by operators nor byte by byte [security 40]', () => {
    const files = globSync('{protocol,hub,agent}/src/**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|test-peer/.test(file))
    assert.ok(files.length > 80)
    const found = files.flatMap((file) => comparisons(readFileSync(join(root, file), 'utf8')).map((text) => `${file}: ${text.trim()}`))
    assert.deepEqual(found, [
      // Which public key signed a release; the signature proves it.
      'agent/src/minisign.ts: bytes.subarray(2, 10).equals(by.id) &&',
      // A block of a file that everybody may fetch; and what was asked before under the same key, by its hash.
      'agent/src/updates/fetch.ts: .equals(hashes.subarray(index * blockHashBytes, (index + 1) * blockHashBytes))',
      'agent/src/journal/keys.ts: hash !== asked.hash',
      // A number of the directory's protocol.
      'hub/src/identities/ldap/directory.ts: why === invalidCredentials',
      // Signed statements, which every host is shown; and the digest of a file that the same backup names.
      'hub/src/fleet/epoch.ts: now.token === row.token',
      'hub/src/fleet/epoch.ts: shown !== row.token',
      // Fingerprints that stand in the database: which key it is, not the key.
      'hub/src/base/kek-files.ts: if (!next.id.equals(id)) return',
      'hub/src/base/keyring.ts: return kek.id.equals(known.id) ? { ...kek, salt: known.salt } : undefined',
      'hub/src/base/keyring.ts: const find = (id: Uint8Array) => keks.find((kek) => kek.id.equals(id))',
      'hub/src/base/keyring.ts: if (from.id.equals(next.id)) return 0',
      "hub/src/backup/entries.ts: head.sha256 !== digest.digest('hex')",
    ])
    const timed = files.filter((file) => /\btimingSafeEqual\(/.test(readFileSync(join(root, file), 'utf8')))
    assert.deepEqual(timed.sort(), [
      'hub/src/backup/archive.ts',
      'hub/src/base/secret.ts',
      'hub/src/logins/passwords.ts',
      'protocol/src/noise/suite.ts',
    ])
  })

  it('would be noticed otherwise', () => {
    for (const text of [
      'if (token === wanted) return',
      'input.code !== deps.firstRunCode',
      'row.tokenHash == digest(shown)',
      'given === config.metricsToken',
      'hub.hubKey === pin.hubKey!',
      'digest.equals(other)',
      'Buffer.compare(mac, other) === 0',
    ])
      assert.notDeepEqual(comparisons(text), [], text)
    for (const text of ['token === undefined', "token === 's'", 'password.length > 12', 'hash !== undefined', 'token === 0'])
      assert.deepEqual(comparisons(text), [], text)
  })
})
