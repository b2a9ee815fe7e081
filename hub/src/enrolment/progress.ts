import type { EnrolProgress } from '@fairlead/protocol/features/enrolment.ts'

type Step = EnrolProgress['steps'][number]

/** The live checklists of invitations that are open in somebody's console. */
export interface Progress {
  start(invitation: string): void
  get(invitation: string): EnrolProgress
  step(invitation: string, step: Step & { readonly host?: string; readonly hostName?: string }): void
  /** The same, by the host that came in by an invitation since the hub started; others are no news. */
  hostStep(host: string, step: Step): void
  cancel(invitation: string): void
  /** A host came with the line and was not let in; of the one that was, nothing changes. */
  refused(invitation: string, refused: Omit<NonNullable<EnrolProgress['refused']>, 'atMs'>): void
  onChange(invitation: string, listener: () => void): () => void
}

const order: readonly Step['step'][] = ['contacted', 'identity', 'clock', 'engine', 'metrics', 'disk']
const mostKept = 1000

export function createProgress(): Progress {
  const progress = new Map<string, EnrolProgress>()
  const invitationOf = new Map<string, string>()
  const listeners = new Map<string, Set<() => void>>()

  const get = (id: string): EnrolProgress =>
    progress.get(id) ?? {
      steps: order.map((step) => ({ step, state: 'waiting', detail: '' })),
      used: false,
      expired: false,
      canceled: false,
    }

  function put(id: string, next: EnrolProgress): void {
    progress.set(id, next)
    if (progress.size > mostKept) progress.delete(progress.keys().next().value!)
    for (const listener of listeners.get(id) ?? []) listener()
  }

  function step(id: string, { step: name, state, detail, host, hostName }: Parameters<Progress['step']>[1]): void {
    const now = get(id)
    const old = now.steps.find((other) => other.step === name)
    if (host === undefined && old?.state === state && old.detail === detail) return
    if (host !== undefined) invitationOf.set(host, id)
    if (invitationOf.size > mostKept) invitationOf.delete(invitationOf.keys().next().value!)
    put(id, {
      ...now,
      steps: now.steps.map((other) => (other.step === name ? { step: name, state, detail: detail.slice(0, 512) } : other)),
      used: now.used || host !== undefined,
      ...(host === undefined ? {} : { host }),
      ...(hostName === undefined ? {} : { hostName }),
    })
  }

  return {
    start: (id) => put(id, get(id)),
    get,
    step,
    hostStep(host, told) {
      const id = invitationOf.get(host)
      if (id !== undefined) step(id, told)
    },
    refused: (id, told) => put(id, { ...get(id), refused: { ...told, atMs: Date.now() } }),
    cancel: (id) => put(id, { ...get(id), canceled: true }),
    onChange(id, listener) {
      const told = listeners.get(id) ?? new Set()
      listeners.set(id, told.add(listener))
      return () => {
        told.delete(listener)
        if (told.size === 0) listeners.delete(id)
      }
    },
  }
}
