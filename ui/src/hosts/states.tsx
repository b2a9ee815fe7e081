import { For, type JSX } from 'solid-js'
import type { HostLink, LinkView as Link } from '@fairlead/protocol/features/hosts.ts'
import type { JournalPage, JournalRow } from '@fairlead/protocol/features/journal.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import { LinkView } from './HostLink.tsx'
import { JournalView } from './HostJournal.tsx'
import { PolicyView } from './HostPolicy.tsx'

const nothing = () => undefined
const hourMs = 3_600_000

const open: HostPolicy = {
  mode: 'operate',
  source: 'default',
  problem: '',
  lock: null,
  narrowed: { mode: null, deny: [] },
  may: { 'metrics.read': 'yes', 'files.read': 'yes', 'container.exec': 'yes', 'host.terminal': 'mode', 'inspect.secrets': 'mode' },
  refused: [],
  protected: [],
  files: { read: [], write: [] },
  registries: null,
}

const policies: readonly HostPolicy[] = [
  open,
  {
    ...open,
    mode: 'monitor',
    source: 'file',
    lock: { sinceMs: Date.now() - hourMs, untilMs: Date.now() + hourMs, reason: 'a night of quiet', by: 'root' },
    may: { ...open.may, 'container.exec': 'lock' },
  },
  {
    ...open,
    source: 'kept',
    problem: '/etc/fairlead/policy.json, line 4: "container.fly" is no capability.',
    narrowed: { mode: null, deny: ['container.exec'] },
    may: { ...open.may, 'container.exec': 'hub', 'image.pull': 'file', 'what.comes.later': 'file' },
    protected: Array.from({ length: 6 }, (_, n) => ({
      id: `${n}`.repeat(64),
      name: n === 5 ? 'x'.repeat(128) : `db-${n}`,
      reason: 'the data',
    })),
    files: { read: ['/srv/data'], write: ['/srv/stacks'] },
    registries: ['docker.io', 'registry.example:5000'],
  },
]

const row = (seq: number, more: Partial<JournalRow>): JournalRow => ({
  seq,
  timeMs: Date.now() - seq * 60_000,
  by: 'hub',
  what: 'containers.stop',
  trace: '01890a5d-ac96-774b-bcce-b302099a8057',
  who: '',
  target: 'ab12'.repeat(16),
  targetName: 'web',
  outcome: 'ok',
  why: '',
  ms: 12,
  skipped: 0,
  ...more,
})

const rows: readonly JournalRow[] = [
  row(9, {}),
  row(8, { outcome: 'open', ms: null }),
  row(7, { outcome: 'failed', why: 'conflict' }),
  row(6, { outcome: 'refused', why: 'This host is locked: its hub may only read.', ms: null, skipped: 4210 }),
  row(5, { by: 'local', what: 'lock', who: 'root', trace: '', target: '', targetName: '', ms: null, why: 'reason a night of quiet' }),
  row(4, { what: 'what.comes-later', targetName: '‮evil <b>name</b>', why: 'x'.repeat(300), outcome: 'failed' }),
]
const page: JournalPage = { rows: [...rows], more: true, counts: { allowed: 4123, refused: 4211, local: 7 }, changedIn: '' }

const journals: readonly JournalPage[] = [
  page,
  { ...page, rows: [], more: false, counts: { allowed: 0, refused: 0, local: 0 } },
  { ...page, rows: [rows[0]!], more: false, changedIn: '000000000000001.jnl' },
]

const stats = {
  roundTripMs: 23.4,
  pathWindowBytes: 262_144,
  sentBytes: 8_412_331,
  ackedBytes: 8_412_331,
  receivedBytes: 92_113_004,
  grantedBytes: 1_048_576,
  openStreams: 7,
  queuedBytes: 0,
  retainedBytes: 8192,
  pausedStreams: 2,
}
const losses: HostLink['losses'] = ['1006', '1001 the hub stops', 'connect ETIMEDOUT', 'silent for 22 s'].map((reason, n) => ({
  atMs: Date.now() - n * 9 * hourMs,
  upMs: (n + 1) * hourMs,
  reason,
}))
const up: Link = {
  online: true,
  lastSeenMs: Date.now(),
  lastLoss: '',
  stats,
  host: { upSinceMs: Date.now() - 5 * hourMs, tlsEndToEnd: true, stats: { ...stats, roundTripMs: 24.1 }, losses },
}

const links: readonly Link[] = [
  up,
  { ...up, host: { ...up.host!, tlsEndToEnd: false, losses: [] } },
  { ...up, host: null },
  { ...up, online: false, stats: null, host: null, lastLoss: '1006 the connection broke' },
]

/** What a host lets its hub do, wrote down and says of its link, in every state, from fixed samples. */
export function HostStates(): JSX.Element {
  return (
    <>
      <For each={policies}>{(view) => <PolicyView host="1" view={view} onChange={nothing} />}</For>
      <For each={journals}>{(now) => <JournalView page={now} filtered={false} onOlder={nothing} />}</For>
      <For each={links}>{(link) => <LinkView link={link} />}</For>
    </>
  )
}
