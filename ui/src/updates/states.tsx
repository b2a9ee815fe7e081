import { For, type JSX } from 'solid-js'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Release, Wave, WaveHost } from '@fairlead/protocol/features/updates-api.ts'
import { ErrorBox, Skeleton } from '../kit/kit.tsx'
import { PreviewBox } from './Begin.tsx'
import { HostUpdateView, type OwnUpdate } from './HostUpdate.tsx'
import { Overview, type Listed } from './Updates.tsx'
import { WaveView } from './WavePage.tsx'
import { WindowTable } from './Windows.tsx'
import { say } from './words.ts'

const nothing = () => undefined
const nowMs = Date.now()
const dayMs = 86_400_000
const release = (version: string, counter: number, more: Partial<Release> = {}): Release => ({
  version,
  counter,
  issuedMs: nowMs - 2 * dayMs,
  expiresMs: nowMs + 28 * dayMs,
  files: [
    { name: 'fairlead-agent-linux-x64', bytes: 120_000_000 },
    { name: 'agent.cjs', bytes: 350_000 },
  ],
  folder: version,
  problem: '',
  ...more,
})
const releases = [
  release('0.3.0', 3),
  release('0.2.0', 2, { expiresMs: nowMs - dayMs }),
  release('0.0.0', 0, { files: [], folder: 'f'.repeat(120), problem: 'manifest.json is not what a release says of itself.' }),
]
const wave = (state: Wave['state'], more: Partial<Wave> = {}): Wave => ({
  id: state,
  version: '0.3.0',
  counter: 3,
  environment: null,
  tag: '',
  host: null,
  pauseMinutes: 10,
  state,
  waitsFor: '',
  untilMs: 0,
  stage: 1,
  stages: [{ done: 1 }, { done: 6, sending: 2, failed: 1 }, { waiting: 40 }, { waiting: 148, skipped: 2 }],
  why: '',
  by: 'Ada',
  createdMs: nowMs - 3_600_000,
  endedMs: null,
  ...more,
})
const waves = [
  wave('running'),
  wave('waiting', { id: 'p', waitsFor: 'pause', untilMs: nowMs + 600_000 }),
  wave('waiting', {
    id: 'w',
    waitsFor: 'window',
    untilMs: nowMs + dayMs,
    environment: { id: 'e', name: 'e'.repeat(64) },
    tag: 't'.repeat(63),
  }),
  wave('waiting', { id: 'h', waitsFor: 'hosts' }),
  wave('paused'),
  wave('halted', { why: '1 of 9 in stage 2' }),
  wave('done', { host: { id: 'x', name: 'web-1' }, by: 'b'.repeat(120) }),
  wave('stopped'),
]
const host = (state: WaveHost['state'], more: Partial<WaveHost> = {}): WaveHost => ({
  host: state,
  name: `host-${state}`,
  stage: 1,
  state,
  reason: '',
  said: '',
  fromVersion: '0.2.0',
  runs: '0.3.0',
  sentBytes: 0,
  wantedBytes: 0,
  ...more,
})
const hosts = [
  host('failed', { reason: 'returned', said: `It ended with 1: ${'x'.repeat(400)}`, name: 'n'.repeat(63) }),
  host('starting'),
  host('sending', { sentBytes: 65_536, wantedBytes: 250_000 }),
  host('left'),
  host('skipped', { reason: 'policy' }),
  host('waiting'),
  host('done'),
  host('done', { host: 'back', name: 'host-back', runs: '0.2.0' }),
  host('dropped', { fromVersion: '' }),
]
const full: Listed = {
  releases,
  versions: [
    { version: '0.2.0', hosts: 180, online: 171 },
    { version: '0.3.0', hosts: 19, online: 19 },
    { version: '', hosts: 1, online: 0 },
  ],
  waves,
}
const preview = {
  release: releases[0]!,
  stages: [1, 9, 40, 150],
  offline: 3,
  current: 1,
  busy: 0,
  skipped: [{ reason: 'kind' as const, hosts: 2 }],
}
const state: NonNullable<OwnUpdate['state']> = {
  version: '0.2.0',
  kind: 'program',
  target: 'fairlead-agent-linux-x64',
  sha256: '',
  counter: 2,
  phase: 'idle',
  next: null,
  before: { version: '0.1.0', sha256: 'a'.repeat(64) },
  problem: '',
}
const own: OwnUpdate = { state, reason: '', release: releases[0]!, wave: null, own: null }
const owns: readonly OwnUpdate[] = [
  own,
  { ...own, wave: waves[0]!, own: host('sending') },
  { ...own, state: { ...state, phase: 'returned', problem: 'It did not log in.', before: null }, wave: waves[5]!, own: hosts[0]! },
  { ...own, state: { ...state, kind: 'image', target: null, problem: 'Pull a newer image.', before: null }, reason: 'kind', release: null },
  { ...own, wave: waves[6]!, own: host('done', { runs: '0.2.0' }) },
  { ...own, state: null, reason: 'old', release: null },
  { ...own, state: null, release: null },
]

/** Updates, in every state that they can be in. */
export function UpdateStates(): JSX.Element {
  return (
    <>
      <Overview known={full} />
      <Overview known={{ releases: [], versions: [], waves: [] }} />
      <For each={waves.slice(0, 1)}>{(one) => <WaveView wave={one} hosts={hosts} />}</For>
      <WaveView wave={waves[5]!} hosts={[]} />
      <WaveView wave={waves[6]!} hosts={hosts.slice(6, 7)} />
      <section class="box">
        <PreviewBox preview={preview} />
      </section>
      <section class="box">
        <PreviewBox preview={{ ...preview, stages: [], offline: 0, current: 200, skipped: [] }} />
      </section>
      <WindowTable
        windows={[
          { id: 'a', name: 'default', window: null },
          {
            id: 'b',
            name: 'n'.repeat(64),
            window: { days: [1, 2, 3], fromMinute: 1320, toMinute: 300, zone: 'America/Argentina/Buenos_Aires' },
          },
        ]}
        onChange={nothing}
      />
      <For each={owns}>{(one) => <HostUpdateView host="h" offline={one.state === null} own={one} />}</For>
      <Skeleton lines={3} />
      <ErrorBox what={say('error')} error={new FairleadError('host_offline', 'The hub does not answer.')} onRetry={nothing} />
    </>
  )
}
