import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containersApi } from '@fairlead/protocol/features/containers.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { nameProblem, refusalWords } from './rename.ts'

describe('a new name of a container', () => {
  it('is refused here exactly where the contract refuses it, with the reason', () => {
    const cases: readonly (readonly [name: string, reason: RegExp | undefined])[] = [
      ['web', undefined],
      ['W_e.b-2', undefined],
      ['0k', undefined],
      ['x'.repeat(128), undefined],
      ['', /at least 2/],
      ['w', /at least 2/],
      ['x'.repeat(129), /128 characters/],
      ['-web', /begin with a letter or a digit, not with "-"/],
      ['.web', /not with "\."/],
      ['éclair', /not with "é"/],
      ['web/2', /no "\/"/],
      ['web 2', /no "space"/],
      ['web\u202Ex', /no "‹U\+202E›"/],
      ['web😀', /no "😀"/],
    ]
    for (const [name, reason] of cases) {
      const said = nameProblem(name)
      if (reason === undefined) assert.equal(said, undefined, name)
      else assert.match(said ?? '', reason, name)
      assert.equal(containersApi.rename.input.safeParse({ id: 'web', name }).success, said === undefined, name)
    }
  })

  it('that another container has is said in words, anything else as it was told', () => {
    assert.match(
      refusalWords(new FairleadError('conflict', 'Conflict. The container name "/db" is already in use'), 'db'),
      /another container/,
    )
    assert.equal(refusalWords(new FairleadError('host_offline', 'Host web-1 is offline.'), 'db'), 'Host web-1 is offline.')
  })
})
