import type { Container } from '@fairlead/protocol/features/containers.ts'
import type { Row, State } from '@fairlead/protocol/features/inventory.ts'
import type { Sinces } from './since.ts'

/** A row of the engine's list of containers, the parts that are read. */
export interface RawContainer {
  readonly Id: string
  readonly Names?: readonly string[]
  readonly Image?: string
  readonly ImageID?: string
  readonly Command?: string
  readonly Created?: number
  readonly State?: string
  readonly Status?: string
  readonly Ports?:
    | readonly { readonly IP?: string; readonly PrivatePort?: number; readonly PublicPort?: number; readonly Type?: string }[]
    | null
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null } | null
}

const exitOf = /^(?:Exited|Restarting) \((-?\d+)\)/
const healthOf = /\((?:health: )?(healthy|unhealthy|starting)\)$/
/** The part of the engine's text that is true only at the moment it is read. */
const age = / (?:Less than a|About an?|\d+) (?:second|minute|hour|day|week|month|year)s?(?: ago)?\b/

/**
 * The state word: running and healthy is ok; starting, restarting, removing busy; unhealthy, and an exit that nobody asked
 * for, warn; dead critical; created, paused, stopped off.
 */
function stateOf(status: string, detail: string): State {
  if (status === 'running') return detail.includes('(unhealthy)') ? 'warn' : detail.includes('(health: starting)') ? 'busy' : 'ok'
  if (status === 'restarting' || status === 'removing') return 'busy'
  if (status === 'dead') return 'critical'
  if (status !== 'exited') return status === 'created' || status === 'paused' || status === 'configured' ? 'off' : 'unknown'
  const code = Number(exitOf.exec(detail)?.[1] ?? 0)
  // 137 and 143 are what `stop` and `kill` leave behind.
  return code === 0 || code === 137 || code === 143 ? 'off' : 'warn'
}

/** `sinces` remembers from one reading to the next when each container began. */
export function readContainer(raw: RawContainer, sinces: Sinces, nowMs: number): Container {
  const labels = raw.Labels ?? {}
  const stack = labels['com.docker.compose.project']
  const service = labels['com.docker.compose.service']
  const status = raw.State ?? 'unknown'
  const detail = raw.Status ?? ''
  const createdMs = (raw.Created ?? 0) * 1000
  const exit = exitOf.exec(detail)?.[1]
  const health = healthOf.exec(detail)?.[1]
  const sinceMs = status === 'created' ? createdMs : sinces.read(raw.Id, detail, createdMs, nowMs)
  return {
    id: raw.Id,
    name: (raw.Names?.[0] ?? raw.Id.slice(0, 12)).replace(/^\//, ''),
    image: raw.Image ?? '',
    imageId: raw.ImageID ?? '',
    command: raw.Command ?? '',
    status,
    detail,
    state: stateOf(status, detail),
    createdMs,
    ...(sinceMs === 0 ? {} : { sinceMs }),
    ...(exit === undefined ? {} : { exitCode: Number(exit) }),
    ...(health === undefined ? {} : { health: health as 'healthy' }),
    ports: readPorts(raw),
    labels,
    networks: Object.keys(raw.NetworkSettings?.Networks ?? {}),
    ...(stack === undefined ? {} : { stack }),
    ...(service === undefined ? {} : { service }),
  }
}

function readPorts({ Ports }: RawContainer): Container['ports'] {
  return (Ports ?? []).flatMap(({ IP = '', PrivatePort, PublicPort = 0, Type }) => {
    const protocol = Type === 'udp' || Type === 'sctp' ? Type : 'tcp'
    return PrivatePort === undefined ? [] : [{ ip: IP, publicPort: PublicPort, privatePort: PrivatePort, protocol } as const]
  })
}

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)

/** The same container as a row of the fleet, which knows no containers. */
export function containerRow(container: Container): Row {
  const { stack, service, networks, image, imageId, ports, command, exitCode, health } = container
  const published = [
    ...new Set(ports.filter(({ publicPort }) => publicPort > 0).map(({ publicPort, privatePort }) => `${publicPort}→${privatePort}`)),
  ]
  return {
    id: container.id,
    name: cut(container.name, 256),
    state: container.state,
    status: container.status,
    detail: cut(container.detail.replace(age, ''), 512),
    tags: [],
    links: [
      ...(stack === undefined ? [] : [{ rel: 'stack', kind: 'stack', id: cut(stack, 256) }]),
      ...(imageId === '' ? [] : [{ rel: 'image', kind: 'image', id: cut(imageId, 256) }]),
      ...networks.slice(0, 16).map((network) => ({ rel: 'network', kind: 'network', id: cut(network, 256) })),
    ],
    facts: {
      image: cut(image, 1024),
      ...(published.length === 0 ? {} : { ports: cut(published.join(' '), 1024) }),
      ...(stack === undefined ? {} : { stack: cut(stack, 1024) }),
      ...(service === undefined ? {} : { service: cut(service, 1024) }),
      ...(health === undefined ? {} : { health }),
      ...(exitCode === undefined ? {} : { exitCode }),
      command: cut(command, 256),
    },
    createdMs: container.createdMs,
    sinceMs: container.sinceMs ?? 0,
  }
}
