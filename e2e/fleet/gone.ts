import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'

/** Where the line puts an agent of root's under systemd. */
const places = ['/opt/fairlead', '/var/lib/fairlead', '/etc/systemd/system/fairlead-agent.service', '/usr/local/bin/fairlead-agent']

/** An agent was taken away: each place was named and is empty, its account is gone, and nothing of it runs. */
export async function assertGone(machine: Machine, said: string): Promise<void> {
  for (const place of places) {
    assert.ok(said.includes(`\n  ${place}\n`), `${place} is not named: ${said}`)
    assert.equal(existsSync(join(machine.root, place)), false, place)
  }
  assert.match(said, /the account fairlead/)
  assert.notEqual((await machine.sh('id fairlead')).code, 0)
  // Its name as a pattern that does not find the one who looks.
  assert.equal((await machine.sh('pgrep -f "fairlead.*ru[n]"')).said, '')
}
