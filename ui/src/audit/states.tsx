import type { TrailState } from '@fairlead/protocol/features/audit.ts'
import { For, type JSX } from 'solid-js'
import { TrailAlarm, TrailBox } from './TrailBox.tsx'

const origin = `fairlead/${'4b1c'.repeat(4)}/00000000-0000-4000-8000-000000000000`
const well: TrailState = {
  key: `${origin}+0a1b2c3d+AQ${'x'.repeat(41)}=`,
  checkpoint: {
    size: 12_480,
    atMs: Date.now() - 40_000,
    note: `${origin}\n12480\n${'A'.repeat(43)}=\nhead ${'B'.repeat(43)}=\n\n— ${origin} ${'C'.repeat(92)}\n`,
  },
  brokenAt: 0,
  archived: 0,
  keepDays: null,
  witnesses: 12,
  contradicting: [],
  sinks: [],
}

const contradiction = (hostName: string, why: 'smaller' | 'changed' | 'key') => ({
  host: hostName,
  hostName,
  why,
  atMs: Date.now() - 600_000,
  size: 12_000,
})

const states: readonly TrailState[] = [
  { ...well, checkpoint: null, witnesses: 0 },
  well,
  {
    ...well,
    keepDays: 365,
    archived: 10_000,
    sinks: [
      { name: 'siem', kind: 'syslog', behind: 0, sentMs: Date.now(), problem: '' },
      { name: 'catching-up', kind: 'webhook', behind: 3120, sentMs: Date.now(), problem: '' },
      { name: 'gone', kind: 'syslog', behind: 41, sentMs: 0, problem: 'The syslog receiver at siem.example:6514 does not answer.' },
    ],
  },
  { ...well, brokenAt: 4312 },
  {
    ...well,
    contradicting: ['web-1', 'web-2', 'x'.repeat(64), 'db', 'cache', 'build', 'spare'].map((name, n) =>
      contradiction(name, (['changed', 'smaller', 'key'] as const)[n % 3]!),
    ),
  },
]

/** Every state of the trail, from fixed samples. */
export function TrailStates(): JSX.Element {
  return (
    <For each={states}>
      {(state) => (
        <>
          <TrailAlarm state={state} linked />
          <TrailBox state={state} onKeep={() => undefined} />
        </>
      )}
    </For>
  )
}
