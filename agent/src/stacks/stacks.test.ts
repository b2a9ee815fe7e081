import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readContainer } from '../containers/read.ts'
import { createSinces } from '../containers/since.ts'
import { inOrder, stacksOf } from './stacks.ts'

interface Seed {
  readonly state?: string
  readonly status?: string
  /** As compose writes it. */
  readonly needs?: string
  readonly created?: number
  readonly labels?: Readonly<Record<string, string>>
}

/** A row of the engine's list. */
function container(
  name: string,
  stack: string,
  { state = 'running', status = 'Up 2 hours', needs = '', created = 1, labels = {} }: Seed = {},
) {
  const raw = {
    Id: name.padEnd(64, '0'),
    Names: [`/${name}`],
    State: state,
    Status: status,
    Created: created,
    Labels: {
      'com.docker.compose.project': stack,
      'com.docker.compose.service': name.split('-')[0]!,
      'com.docker.compose.depends_on': needs,
      ...labels,
    },
  }
  return readContainer(raw, createSinces(), Date.now())
}

describe('the stacks of a host', () => {
  it('are its compose projects, what is not well first, without what was run once', () => {
    const where = {
      'com.docker.compose.project.working_dir': '/srv/shop',
      'com.docker.compose.project.config_files': '/srv/shop/a.yaml,/srv/shop/b.yaml',
    }
    const alone = readContainer({ Id: 'f'.repeat(64), Names: ['/alone'], State: 'running' }, createSinces(), Date.now())
    const stacks = stacksOf([
      alone,
      container('api-1', 'blog'),
      container('web-1', 'shop', { labels: where }),
      container('web-2', 'shop', { created: 2, labels: { ...where, 'com.docker.compose.project.working_dir': '/srv/now' } }),
      container('db-1', 'shop', { status: 'Up 2 hours (unhealthy)' }),
      container('job-1', 'shop', { state: 'exited', status: 'Exited (0) 1 hour ago' }),
      container('web-run-1', 'shop', { labels: { 'com.docker.compose.oneoff': 'True' }, state: 'exited', status: 'Exited (1) 1 hour ago' }),
    ])
    assert.deepEqual(
      stacks.map(({ name, state, running, total }) => [name, state, running, total]),
      [
        ['shop', 'warn', 3, 4],
        ['blog', 'ok', 1, 1],
      ],
    )
    // Of the newest: the others may be from before it was moved.
    assert.equal(stacks[0]!.workingDir, '/srv/now')
    assert.deepEqual(stacks[0]!.configFiles, ['/srv/shop/a.yaml', '/srv/shop/b.yaml'])
    assert.deepEqual(
      stacks[0]!.services.map(({ name, state, running, total }) => [name, state, running, total]),
      [
        ['db', 'warn', 1, 1],
        ['job', 'off', 0, 1],
        ['web', 'ok', 2, 2],
      ],
    )
    assert.equal(stacks[1]!.workingDir, '')
  })

  it('are gone through in the order of what needs what, and a circle ends', () => {
    const all = [
      container('api-1', 'shop', { needs: 'db:service_healthy:true,cache:service_started:false' }),
      container('cache-1', 'shop', { needs: 'db:service_started:false' }),
      container('db-1', 'shop'),
      container('zoo-1', 'shop', { needs: 'zap:service_started:false,nobody:service_started:false' }),
      container('zap-1', 'shop', { needs: 'zoo:service_started:false' }),
      container('other-1', 'blog'),
    ]
    assert.deepEqual(
      inOrder(all, 'shop').map(({ name }) => name),
      ['db-1', 'cache-1', 'api-1', 'zoo-1', 'zap-1'],
    )
    assert.deepEqual(inOrder(all, 'none'), [])
  })
})
