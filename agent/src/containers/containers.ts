import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Container, containers } from '@fairlead/protocol/features/containers.ts'
import { path, type Engine, type Path } from '../docker/engine.ts'
import { runOnce } from './exec.ts'
import { readLogs } from './logs.ts'
import { readContainer, type RawContainer } from './read.ts'
import { redactDocument } from './redact.ts'
import { readStats } from './stats.ts'

export interface ContainersOptions {
  /** The host's policy lets environment values out. */
  readonly showSecrets?: boolean
}

/** Everything that can be asked of this host's containers. */
export function serveContainers(engine: Engine, { showSecrets = false }: ContainersOptions = {}): Handlers<typeof containers> {
  async function get(id: string): Promise<Container> {
    const document = await engine.call<InspectDocument>('GET', path('containers', id, 'json'))
    const query = { all: true, filters: JSON.stringify({ id: [document.Id] }) }
    const rows = await engine.call<RawContainer[]>('GET', { segments: ['containers', 'json'], query })
    const row = rows.find(({ Id }) => Id === document.Id)
    if (row === undefined) throw new FairleadError('not_found', 'The container was removed in this very moment.')
    const container = readContainer(row)
    const { OOMKilled, ExitCode } = document.State ?? {}
    const limit = document.HostConfig?.Memory ?? 0
    if (OOMKilled !== true || container.status === 'running') return container
    return {
      ...container,
      state: 'critical',
      detail: `OOM killed, exit ${ExitCode ?? '?'}${limit > 0 ? `, limit ${Math.round(limit / 2 ** 20)} MiB` : ''}`,
    }
  }

  const change = async (id: string, verb: string, query: NonNullable<Path['query']> = {}, timeoutMs = 30_000) => {
    // Asked before as well: renaming by name would not find it afterwards.
    const { Id } = await engine.call<InspectDocument>('GET', path('containers', id, 'json'))
    await engine.call('POST', { segments: ['containers', Id, verb], query }, { timeoutMs })
    return get(Id)
  }

  return {
    list: async ({ all }) =>
      (await engine.call<RawContainer[]>('GET', { segments: ['containers', 'json'], query: { all } })).map(readContainer),
    get: ({ id }) => get(id),
    async inspect({ id }) {
      const document = await engine.call<InspectDocument & Record<string, unknown>>('GET', path('containers', id, 'json'))
      return { id: document.Id, redacted: !showSecrets, document: showSecrets ? document : redactDocument(document) }
    },
    start: ({ id }) => change(id, 'start'),
    stop: ({ id, timeoutSeconds }) => change(id, 'stop', { t: timeoutSeconds }, (timeoutSeconds + 30) * 1000),
    restart: ({ id, timeoutSeconds }) => change(id, 'restart', { t: timeoutSeconds }, (timeoutSeconds + 30) * 1000),
    kill: ({ id, signal }) => change(id, 'kill', { signal }),
    pause: ({ id }) => change(id, 'pause'),
    unpause: ({ id }) => change(id, 'unpause'),
    rename: ({ id, name }) => change(id, 'rename', { name }),
    async remove({ id, force, volumes }) {
      const { Id } = await engine.call<InspectDocument>('GET', path('containers', id, 'json'))
      await engine.call('DELETE', { segments: ['containers', Id], query: { force, v: volumes } }, { timeoutMs: 120_000 })
      return { id: Id }
    },
    logs: (input, { signal }) => readLogs(engine, input, signal),
    stats: ({ id }, { signal }) => readStats(engine, id, signal),
    exec: (input, { signal }) => runOnce(engine, input, signal),
  }
}

interface InspectDocument {
  readonly Id: string
  readonly State?: { readonly OOMKilled?: boolean; readonly ExitCode?: number }
  readonly HostConfig?: { readonly Memory?: number }
}
