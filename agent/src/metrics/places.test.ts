import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { findPlaces, mostContainers } from './places.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fairlead-places-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const idOf = (number: number) => number.toString(16).padStart(64, '0')
const ofUser = 'user.slice/user-1000.slice/user@1000.service'
/** Behind user.slice wherever folders are read in the order of their names. */
const ofHost = 'workloads.slice'

for (const [version, root, begin] of [
  ['v2', '', () => writeFileSync(join(base, 'cgroup.controllers'), '')],
  ['v1', 'memory', () => undefined],
] as const)
  describe(`the places of containers in cgroup ${version}`, () => {
    const make = (paths: readonly string[]) => {
      begin()
      for (const path of paths) mkdirSync(join(base, root, path), { recursive: true })
    }
    const found = () => findPlaces(base).places.map(({ id, folder }) => [id, folder('memory')])

    // Any user may make a folder of any name below user.slice: one with the id of another container once showed its own figures as that one's.
    it('are one an id, and that of no user where there is another', () => {
      make([`${ofUser}/${idOf(1)}`, `${ofHost}/docker-${idOf(1)}.scope`, `lxc/101/user.slice/${idOf(2)}`, `lxc/101/zone/${idOf(2)}`])
      assert.deepEqual(found().sort(), [
        [idOf(1), join(base, root, ofHost, `docker-${idOf(1)}.scope`)],
        [idOf(2), join(base, root, 'lxc/101/zone', idOf(2))],
      ])
    })

    it('are those of rootless engines as well', () => {
      make([`${ofUser}/user.slice/libpod-${idOf(3)}.scope`])
      assert.deepEqual(found(), [[idOf(3), join(base, root, ofUser, 'user.slice', `libpod-${idOf(3)}.scope`)]])
    })

    it('are a thousand, those of users last, and how many more there are is said', () => {
      make([
        ...Array.from({ length: mostContainers }, (_, number) => `${ofUser}/${idOf(number)}`),
        ...[1, 2, 3].map((number) => `${ofHost}/${idOf(5000 + number)}`),
      ])
      const { places, leftOut } = findPlaces(base)
      assert.deepEqual([places.length, leftOut], [1000, 3])
      for (const number of [5001, 5002, 5003])
        assert.ok(
          places.some(({ id }) => id === idOf(number)),
          idOf(number),
        )
    })
  })
