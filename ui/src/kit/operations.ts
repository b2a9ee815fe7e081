import { createStore, produce } from 'solid-js/store'
import { sentenceOf } from '../i18n/said.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'

export type ItemState = 'waiting' | 'running' | 'ok' | 'failed' | 'canceled'

interface OperationItem {
  readonly key: string
  readonly name: string
  readonly hostName: string
  state: ItemState
  /** What went wrong, in the hub's words. */
  message: string
  code: string
}

/** One thing done to many. It lives in the page, not in a dialog: closing what shows it ends nothing. */
export interface Operation {
  readonly id: number
  readonly label: string
  readonly startedMs: number
  items: OperationItem[]
}

export interface Target {
  readonly key: string
  readonly name: string
  readonly hostName: string
}

/** So many at once: enough to be quick, too few to trouble an engine. */
const atOnce = 4
const mostKept = 20
const [state, setState] = createStore<{ list: Operation[]; shown: number | undefined }>({ list: [], shown: undefined })
const runs = new Map<number, (key: string) => Promise<unknown>>()
const active = new Map<number, number>()
let lastId = 0

export { state as operations }

export function showOperation(id: number | undefined): void {
  setState('shown', id)
}

/** Begins at once, four at a time; answers the operation's number. */
export function startOperation(label: string, targets: readonly Target[], run: (key: string) => Promise<unknown>): number {
  const id = ++lastId
  const items = targets.map((target): OperationItem => ({ ...target, state: 'waiting', message: '', code: '' }))
  setState('list', (list) => [{ id, label, startedMs: Date.now(), items }, ...list].slice(0, mostKept))
  runs.set(id, run)
  active.set(id, 0)
  pump(id)
  return id
}

/** What failed is tried again; the rest keeps its result. */
export function retryFailed(id: number): void {
  setItems(id, (item) => {
    if (item.state === 'failed') Object.assign(item, { state: 'waiting', message: '', code: '' })
  })
  pump(id)
}

/** What has not started never will; what runs is let finish, for half a stop is no stop. */
export function cancelWaiting(id: number): void {
  setItems(id, (item) => {
    if (item.state === 'waiting') item.state = 'canceled'
  })
}

export function countOf(operation: Operation, ...states: readonly ItemState[]): number {
  return operation.items.filter((item) => states.includes(item.state)).length
}

/** How many operations have work left. */
export function runningOperations(): number {
  return state.list.filter((operation) => countOf(operation, 'waiting', 'running') > 0).length
}

function setItems(id: number, change: (item: OperationItem) => void): void {
  setState(
    'list',
    (one) => one.id === id,
    'items',
    produce((items) => items.forEach(change)),
  )
}

function pump(id: number): void {
  const operation = state.list.find((one) => one.id === id)
  if (operation === undefined) return
  for (const item of operation.items) {
    if (active.get(id)! >= atOnce) return
    if (item.state !== 'waiting') continue
    active.set(id, active.get(id)! + 1)
    const mark = (next: Partial<OperationItem>) => setItems(id, (other) => other.key === item.key && Object.assign(other, next))
    mark({ state: 'running' })
    // Called at once, and what it throws is a failure of this one like any other.
    new Promise((resolve) => resolve(runs.get(id)!(item.key)))
      .then(
        () => mark({ state: 'ok' }),
        (error: unknown) => mark({ state: 'failed', message: sentenceOf(error), code: codeOf(error) }),
      )
      .finally(() => {
        active.set(id, active.get(id)! - 1)
        pump(id)
      })
  }
}

// Closing the page would leave a bulk half done without anyone having chosen that.
globalThis.addEventListener?.('beforeunload', (event) => {
  if (runningOperations() > 0) event.preventDefault()
})
