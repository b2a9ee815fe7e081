import { For, type JSX } from 'solid-js'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HealRule, PruneRule, RulesState } from '@fairlead/protocol/features/rules.ts'
import { ErrorBox, Skeleton } from '../kit/kit.tsx'
import { EnvironmentRulesView } from './EnvironmentRules.tsx'
import { HostRulesView, type HostRulesNow } from './HostRules.tsx'
import { Would } from './Preview.tsx'
import { say } from './words.ts'

const nothing = () => undefined
const save = async () => undefined
const hourMs = 3_600_000

const heal: HealRule = {
  name: 'shop stays up',
  on: true,
  label: '',
  pattern: 'web-*',
  stack: 'shop',
  unhealthySeconds: 60,
  failed: true,
  perHour: 3,
}
const prune: PruneRule = {
  name: 'nightly',
  on: true,
  images: 'unused',
  olderDays: 30,
  days: [1, 2, 3, 4, 5],
  fromMinute: 180,
  toMinute: 300,
}
const none = { heal: [], prune: [] }
const state: RulesState = {
  counter: 4,
  heal: [
    { ...heal, from: 'host' },
    { ...heal, name: 'n'.repeat(64), pattern: '', stack: '', label: 'tier=front', failed: false, on: false, from: 'environment' },
  ],
  prune: [{ ...prune, from: 'environment' }],
  held: { heal: '', prune: '' },
  zone: 'Asia/Tokyo',
  next: [{ rule: 'nightly', timeMs: Date.now() + 7 * hourMs }],
  gaveUp: [],
  acts: [],
}
const full: HostRulesNow = {
  environment: { id: 'e', name: 'default' },
  own: { heal: [heal], prune: [] },
  inherited: {
    heal: [{ ...heal, name: 'n'.repeat(64), pattern: '', stack: '', label: 'tier=front', failed: false, on: false }],
    prune: [prune],
  },
  state,
  reason: '',
  current: true,
}
const act = { timeMs: Date.now() - hourMs, rule: heal.name, from: 'host', target: 'ab12'.repeat(16), targetName: 'web-1' } as const
const acts: RulesState['acts'] = [
  { ...act, kind: 'heal', outcome: 'gave_up', why: 'exit 1' },
  { ...act, kind: 'heal', outcome: 'ok', why: 'unhealthy' },
  { ...act, kind: 'heal', outcome: 'failed', why: 'exit 1: The engine says: port 80 is taken' },
  { ...act, kind: 'heal', outcome: 'held', why: 'lock', targetName: '‮evil <b>name</b>' },
  { ...act, kind: 'prune', rule: 'nightly', outcome: 'ok', why: '12 images, 4812331212 bytes', target: '', targetName: '' },
  { ...act, kind: 'prune', rule: 'nightly', outcome: 'held', why: 'mode', target: '', targetName: '' },
]

const hosts: readonly (readonly [HostRulesNow, boolean])[] = [
  [{ ...full, own: none, inherited: none, state: { ...state, heal: [], prune: [] } }, false],
  [full, false],
  [
    {
      ...full,
      state: {
        ...state,
        held: { heal: 'lock', prune: 'lock' },
        gaveUp: [{ id: 'ab12'.repeat(16), name: 'web-1', rule: heal.name, sinceMs: Date.now() - hourMs }],
        acts,
      },
      current: false,
    },
    false,
  ],
  [{ ...full, state: null, reason: 'offline', current: false }, true],
  [{ ...full, state: null, reason: 'old', current: false }, false],
]

/** Rules, in every state, from fixed samples. */
export function RuleStates(): JSX.Element {
  return (
    <>
      <For each={hosts}>
        {([now, offline]) => <HostRulesView host={{ id: 'h', name: 'alpha' }} offline={offline} now={now} save={save} />}
      </For>
      <EnvironmentRulesView known={{ name: 'default', rules: none, hosts: { all: 0, current: 0, old: 0 } }} hosts={[]} save={save} />
      <EnvironmentRulesView
        known={{ name: 'default', rules: { heal: [heal], prune: [prune] }, hosts: { all: 12, current: 9, old: 2 } }}
        hosts={[]}
        save={save}
      />
      <section class="box">
        <Would name="" would={{ count: 0, bytes: 0, images: [] }} />
        <Would
          name="alpha"
          would={{
            count: 14,
            bytes: 9_812_331_212,
            images: Array.from({ length: 12 }, (_, n) => ({
              id: `sha256:${String(n).padStart(64, 'a')}`,
              names: n === 0 ? [] : [`registry.example:5000/${'team/'.repeat(n)}web:1.${n}`],
              bytes: 900_000_000 - n,
              createdMs: 0,
            })),
          }}
        />
      </section>
      <Skeleton lines={3} />
      <ErrorBox what={say('error')} error={new FairleadError('host_offline', 'The hub does not answer.')} onRetry={nothing} />
    </>
  )
}
