import type * as z from 'zod/mini'
import type { Contract, Method } from '@fairlead/protocol/contract.ts'
import type { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import type { Capability } from '@fairlead/protocol/features/policy.ts'

/** What a method of this host takes. */
export interface Need<Input = never> {
  /** `link`: what the link itself lives on; it changes nothing that runs here and shows nothing of it. */
  readonly can: Capability | 'link'
  /** More, by what is asked. */
  readonly also?: (input: Input) => Capability | undefined
  /** The field that names a container: protected ones are looked for there. */
  readonly container?: keyof Input & string
  /** The field that names a terminal, and by that a container. */
  readonly terminal?: keyof Input & string
  /** The field that has the path of something to be read: it must lie in a folder that the policy names. */
  readonly path?: keyof Input & string
  /**
   * How a repeat is answered of what was done before this agent started, whose answer is gone: by what `get` says now, by the `id` alone,
   * or by doing it once more where twice is the same as once. Absent: it says that it was done.
   */
  readonly again?: 'get' | 'id' | 'self'
}

type Inputs<M> = M extends { readonly input: infer I extends z.ZodMiniType } ? z.output<I> : never
export type Needs<F extends Readonly<Record<string, Contract>>> = {
  readonly [Name in keyof F]: { readonly [M in keyof F[Name]]: F[Name][M] extends Method ? Need<Inputs<F[Name][M]>> : never }
}

/** Of all methods, those that a hub may not ask for at all. */
export function refusedMethods(may: (capability: Capability) => boolean): string[] {
  return Object.entries(needs as Readonly<Record<string, Readonly<Record<string, Need>>>>).flatMap(([feature, methods]) =>
    Object.entries(methods).flatMap(([name, { can }]) => (can === 'link' || may(can) ? [] : [`${feature}.${name}`])),
  )
}

const change = { can: 'container.lifecycle', container: 'id', again: 'get' } as const

/** Every method that is served. One that is missing here does not compile: what nobody thought about, nobody may. */
export const needs: Needs<typeof agentFeatures> = {
  audit: { kept: { can: 'link' }, see: { can: 'link' } },
  containers: {
    list: { can: 'inspect.read' },
    get: { can: 'inspect.read' },
    inspect: { can: 'inspect.read' },
    start: change,
    stop: change,
    restart: change,
    kill: change,
    pause: change,
    unpause: change,
    rename: change,
    remove: { can: 'container.lifecycle', container: 'id', again: 'id', also: ({ volumes }) => (volumes ? 'volume.manage' : undefined) },
    logs: { can: 'logs.read' },
    stats: { can: 'metrics.read' },
    exec: { can: 'container.exec', container: 'id' },
  },
  events: { watch: { can: 'inspect.read' } },
  files: {
    list: { can: 'files.read', path: 'path' },
    stat: { can: 'files.read', path: 'path' },
    read: { can: 'files.read', path: 'path' },
  },
  hosts: { watch: { can: 'link' }, link: { can: 'link' } },
  inventory: { watch: { can: 'inspect.read' } },
  journal: { watch: { can: 'link' }, read: { can: 'inspect.read' } },
  metrics: { watch: { can: 'metrics.read' } },
  policy: { watch: { can: 'link' }, narrow: { can: 'link', again: 'self' } },
  // What they lead to is judged when it is done; that they are there changes nothing.
  rules: { watch: { can: 'link' }, set: { can: 'link', again: 'self' }, preview: { can: 'inspect.read' } },
  terminals: {
    list: { can: 'inspect.read' },
    open: { can: 'container.exec', container: 'container' },
    attach: { can: 'container.exec', terminal: 'id' },
    rename: { can: 'container.exec', terminal: 'id' },
    close: { can: 'container.exec', terminal: 'id' },
  },
  updates: {
    watch: { can: 'link' },
    offer: { can: 'agent.update' },
    fill: { can: 'agent.update' },
    start: { can: 'agent.update' },
    revert: { can: 'agent.update' },
  },
}
