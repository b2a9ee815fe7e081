import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sharedBuffersMiB, startPostgres } from './postgres.ts'

describe('the bundled database', () => {
  it('takes less for its buffers where there is less for it and the hub together [security 170]', () => {
    const GiB = 2 ** 30
    assert.deepEqual([0, 64 * GiB, GiB, 384 * 2 ** 20, 128 * 2 ** 20].map(sharedBuffersMiB), [64, 64, 64, 32, 16])
  })

  // Its folder belongs to the account that it runs as: what that account links to was given to it by root, at the next start.
  for (const name of ['run', 'password'])
    it(`gives nothing away that its own account linked ${name} to`, async () => {
      const dir = mkdtempSync('/var/tmp/fairlead-test-')
      chmodSync(dir, 0o711)
      const [folder, secret] = [join(dir, 'another'), join(dir, 'secret')]
      mkdirSync(folder, { mode: 0o755 })
      writeFileSync(secret, 'of another', { mode: 0o640 })
      mkdirSync(join(dir, 'postgres'))
      symlinkSync(name === 'run' ? folder : secret, join(dir, 'postgres', name))
      const before = [folder, secret].map((path) => pick(statSync(path)))
      try {
        await assert.rejects(
          startPostgres(join(dir, 'postgres'), { fsync: false }).then(async ({ stop }) => stop()),
          { code: 'ELOOP' },
        )
        assert.deepEqual(
          [folder, secret].map((path) => pick(statSync(path))),
          before,
        )
        assert.ok(lstatSync(join(dir, 'postgres', name)).isSymbolicLink())
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    })
})

function pick({ uid, gid, mode }: { uid: number; gid: number; mode: number }) {
  return { uid, gid, mode: mode & 0o777 }
}
