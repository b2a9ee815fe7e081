import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Container, containers } from '@fairlead/protocol/features/containers.ts'
import { ask, type Engine, type Query } from '../docker/engine.ts'
import type { Operation } from '../docker/operations.ts'
import { runOnce } from './exec.ts'
import { readLogs } from './logs.ts'
import { readContainer, type RawContainer } from './read.ts'
import { redactDocument } from './redact.ts'
import { createSinces } from './since.ts'
import { readStats } from './stats.ts'

export interface ContainersOptions {
  /** The host's policy lets environment values out, at this moment. */
  readonly showsSecrets?: () => boolean
}

/** Everything that can be asked of this host's containers. */
export function serveContainers(engine: Engine, { showsSecrets = () => false }: ContainersOptions = {}): Handlers<typeof containers> {
  async function get(id: string): Promise<Container> {
    const document = await engine.call<InspectDocument>(ask('GET /containers/{id}/json', { id }))
    const query = { all: true, filters: JSON.stringify({ id: [document.Id] }) }
    const rows = await engine.call<RawContainer[]>(ask('GET /containers/json', {}, query))
    const row = rows.find(({ Id }) => Id === document.Id)
    if (row === undefined) throw new FairleadError('not_found', 'The container was removed in this very moment.')
    const container = readContainer(row, createSinces(), Date.now())
    const { OOMKilled, ExitCode } = document.State ?? {}
    const limit = document.HostConfig?.Memory ?? 0
    if (OOMKilled !== true || container.status === 'running') return container
    return {
      ...container,
      state: 'critical',
      detail: `OOM killed, exit ${ExitCode ?? '?'}${limit > 0 ? `, limit ${Math.round(limit / 2 ** 20)} MiB` : ''}`,
    }
  }

  const change = async (id: string, operation: Change, query: Query = {}, timeoutMs = 30_000) => {
    // Asked before as well: renaming by name would not find it afterwards.
    const { Id } = await engine.call<InspectDocument>(ask('GET /containers/{id}/json', { id }))
    await engine.call(ask(operation, { id: Id }, query), { timeoutMs })
    return get(Id)
  }

  return {
    async list({ all }) {
      const rows = await engine.call<RawContainer[]>(ask('GET /containers/json', {}, { all }))
      const [sinces, nowMs] = [createSinces(), Date.now()]
      return rows.map((raw) => readContainer(raw, sinces, nowMs))
    },
    get: ({ id }) => get(id),
    async inspect({ id }) {
      const document = await engine.call<InspectDocument & Record<string, unknown>>(ask('GET /containers/{id}/json', { id }))
      const shown = showsSecrets()
      return { id: document.Id, redacted: !shown, document: shown ? document : redactDocument(document) }
    },
    start: ({ id }) => change(id, 'POST /containers/{id}/start'),
    stop: ({ id, timeoutSeconds }) => change(id, 'POST /containers/{id}/stop', { t: timeoutSeconds }, (timeoutSeconds + 30) * 1000),
    restart: ({ id, timeoutSeconds }) => change(id, 'POST /containers/{id}/restart', { t: timeoutSeconds }, (timeoutSeconds + 30) * 1000),
    kill: ({ id, signal }) => change(id, 'POST /containers/{id}/kill', { signal }),
    pause: ({ id }) => change(id, 'POST /containers/{id}/pause'),
    unpause: ({ id }) => change(id, 'POST /containers/{id}/unpause'),
    rename: ({ id, name }) => change(id, 'POST /containers/{id}/rename', { name }),
    async remove({ id, force, volumes }) {
      const { Id } = await engine.call<InspectDocument>(ask('GET /containers/{id}/json', { id }))
      await engine.call(ask('DELETE /containers/{id}', { id: Id }, { force, v: volumes }), { timeoutMs: 120_000 })
      return { id: Id }
    },
    logs: (input, { signal }) => readLogs(engine, input, signal),
    stats: ({ id }, { signal }) => readStats(engine, id, signal),
    exec: (input, { signal }) => runOnce(engine, input, signal),
  }
}

type Change = Extract<Operation, `POST /containers/{id}/${string}`>

interface InspectDocument {
  readonly Id: string
  readonly State?: { readonly OOMKilled?: boolean; readonly ExitCode?: number }
  readonly HostConfig?: { readonly Memory?: number }
}
