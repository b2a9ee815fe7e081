import type { Container } from '@fairlead/protocol/features/containers.ts'
import type { State } from '@fairlead/protocol/features/inventory.ts'

type Part = Pick<Container, 'id' | 'name' | 'image' | 'state' | 'status' | 'detail' | 'labels' | 'createdMs' | 'stack' | 'service'>

/** A compose project, as the labels of its containers tell it: nothing else on a host knows of it. */
export interface Stack {
  readonly name: string
  /** Of its worst container. */
  readonly state: State
  /** Where `compose up` was called; '' where its labels do not say. */
  readonly workingDir: string
  readonly configFiles: readonly string[]
  readonly running: number
  readonly total: number
  /** What is not well comes first. */
  readonly services: readonly Service[]
}

interface Service {
  readonly name: string
  readonly state: State
  readonly running: number
  readonly total: number
  readonly containers: readonly Pick<Part, 'id' | 'name' | 'image' | 'state' | 'status' | 'detail'>[]
}

const label = 'com.docker.compose.'
/** From the worst. */
const states: readonly State[] = ['critical', 'warn', 'unknown', 'busy', 'off', 'ok']
const byState = (a: { readonly state: State; readonly name: string }, b: typeof a) =>
  states.indexOf(a.state) - states.indexOf(b.state) || (a.name < b.name ? -1 : 1)

/** Every project that has a container here, the unwell ones first. What `compose run` left behind is no part of one. */
export function stacksOf(containers: readonly Part[]): Stack[] {
  const groups = Map.groupBy(containers.filter(isPart), ({ stack }) => stack!)
  return [...groups].map(([name, own]) => stackOf(name, own)).toSorted(byState)
}

const isPart = ({ stack, labels }: Part) => stack !== undefined && labels[`${label}oneoff`] !== 'True'

function stackOf(name: string, own: readonly Part[]): Stack {
  const services = [...Map.groupBy(own, ({ service, name: container }) => service ?? container)]
    .map(([service, all]) => ({
      name: service,
      ...countsOf(all),
      containers: all
        .map(({ id, name: of, image, state, status, detail }) => ({ id, name: of, image, state, status, detail }))
        .toSorted(byState),
    }))
    .toSorted(byState)
  const newest = own.reduce((a, b) => (b.createdMs > a.createdMs ? b : a)).labels
  const configFiles = (newest[`${label}project.config_files`] ?? '').split(',').filter((file) => file !== '')
  return { name, workingDir: newest[`${label}project.working_dir`] ?? '', configFiles, ...countsOf(own), services }
}

function countsOf(all: readonly Part[]): Pick<Stack, 'state' | 'running' | 'total'> {
  const state = states.find((one) => all.some((container) => container.state === one)) ?? 'unknown'
  return { state, running: all.filter(({ status }) => status === 'running').length, total: all.length }
}

/** The containers of a project, each after those that it depends on. Whoever depends on one another comes by name. */
export function inOrder(containers: readonly Part[], name: string): Part[] {
  const own = containers.filter((one) => isPart(one) && one.stack === name).toSorted(byState)
  const ordered = new Set<Part>()
  const entered = new Set<Part>()
  const add = (one: Part): void => {
    if (entered.has(one)) return
    entered.add(one)
    const needed = new Set((one.labels[`${label}depends_on`] ?? '').split(',').map((entry) => entry.split(':')[0]))
    for (const other of own) if (needed.has(other.service)) add(other)
    ordered.add(one)
  }
  for (const one of own.toSorted((a, b) => (a.name < b.name ? -1 : 1))) add(one)
  return [...ordered]
}
