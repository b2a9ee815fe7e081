import { ask, type Engine } from '../docker/engine.ts'

/** What is asked about a container before a rule does anything to it. */
export interface Seen {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly running: boolean
  readonly unhealthy: boolean
  /** It ended by itself in a way that is no success; '' otherwise: `exit 1`, `out of memory`. */
  readonly failure: string
  /** By a signal, as whoever stops a container leaves it. */
  readonly signaled: boolean
  readonly finishedMs: number
  /** Its engine starts it again by itself. */
  readonly engineBrings: boolean
}

interface Document {
  readonly Id: string
  readonly Name?: string
  readonly RestartCount?: number
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null }
  readonly HostConfig?: { readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number } }
  readonly State?: {
    readonly Status?: string
    readonly Restarting?: boolean
    readonly OOMKilled?: boolean
    readonly ExitCode?: number
    readonly FinishedAt?: string
    readonly Health?: { readonly Status?: string }
    /** As Podman calls it before its version 5. */
    readonly Healthcheck?: { readonly Status?: string }
  }
}

/** Throws `not_found` for one that is gone. */
export async function lookAt(engine: Engine, ref: string): Promise<Seen> {
  const {
    Id,
    Name = '',
    Config,
    HostConfig,
    RestartCount = 0,
    State = {},
  } = await engine.call<Document>(ask('GET /containers/{id}/json', { id: ref }))
  const { Status = '', ExitCode = 0, OOMKilled = false } = State
  const policy = HostConfig?.RestartPolicy
  const most = policy?.MaximumRetryCount ?? 0
  const gaveUp = policy?.Name === 'on-failure' && most > 0 && RestartCount >= most
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    labels: Config?.Labels ?? {},
    running: Status === 'running',
    unhealthy: (State.Health ?? State.Healthcheck)?.Status === 'unhealthy',
    failure: Status === 'exited' && (ExitCode !== 0 || OOMKilled) ? (OOMKilled ? 'out of memory' : `exit ${ExitCode}`) : '',
    signaled: !OOMKilled && [130, 137, 143].includes(ExitCode),
    finishedMs: Date.parse(State.FinishedAt ?? '') || 0,
    engineBrings: State.Restarting === true || !['', 'no', undefined].includes(gaveUp ? 'no' : policy?.Name),
  }
}

/** Ids of all that might not be well. */
export async function listSuspects(engine: Engine): Promise<string[]> {
  const all = await engine.call<{ Id: string; State?: string; Status?: string }[]>(ask('GET /containers/json', {}, { all: true }))
  return all.flatMap(({ Id, State, Status = '' }) =>
    (State === 'exited' && !Status.startsWith('Exited (0)')) || (State === 'running' && Status.includes('(unhealthy)')) ? [Id] : [],
  )
}
