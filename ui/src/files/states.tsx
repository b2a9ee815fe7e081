import { For, type JSX } from 'solid-js'
import type { FileEntry, FolderPage } from '@fairlead/protocol/features/files.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import { Content, type Shown } from './FileView.tsx'
import { Folder } from './Folder.tsx'
import { Closed, Roots } from './HostFiles.tsx'

const nothing = () => undefined

const policyOf = (verdict: 'yes' | 'mode' | 'file' | 'hub' | 'lock'): HostPolicy => ({
  mode: 'operate',
  source: 'file',
  problem: '',
  lock: null,
  narrowed: { mode: null, deny: [] },
  may: { 'files.read': verdict },
  refused: [],
  protected: [],
  files: { read: [], write: [] },
  registries: null,
})

const entry = (name: string, more: Partial<FileEntry> = {}): FileEntry => ({
  name,
  kind: 'file',
  sizeBytes: 48_123,
  changedMs: Date.UTC(2026, 10, 3, 4, 5),
  owner: 'root',
  group: 'www-data',
  mode: 0o640,
  pointsTo: '',
  unnamed: false,
  ...more,
})

const entries: readonly FileEntry[] = [
  entry('sites', { kind: 'folder', mode: 0o2755 }),
  entry('backups', { kind: 'mount', mode: 0o755 }),
  entry('current', { kind: 'link', mode: 0o777, pointsTo: '../../etc/‮shadow' }),
  entry('app.sock', { kind: 'socket', mode: 0o660 }),
  entry('queue', { kind: 'pipe', mode: 0o600 }),
  entry('null', { kind: 'device', mode: 0o666 }),
  entry('what-comes-later', { kind: 'other' }),
  entry('two\nlines <b>and</b> a turn‮txt.exe', { owner: '1000', group: '1000', sizeBytes: 0 }),
  entry('x'.repeat(255), { sizeBytes: 7 * 1024 ** 4 }),
  entry('caf\uFFFD.txt', { unnamed: true }),
]

const page: FolderPage = { path: '/srv/data/www', root: '/srv/data', entries: [...entries], next: 200, total: 412, cut: false }
const pages: readonly FolderPage[] = [
  page,
  { ...page, path: '/srv/data', entries: [], next: null, total: 0 },
  { ...page, entries: [entries[0]!], total: 10_000, cut: true },
]

const contents: readonly Shown[] = [
  { text: 'listen 443;\n\u001B[31mred\u202E and back\n', readBytes: 48_123 },
  { text: 'the first of many\n', readBytes: 17 },
  { text: undefined, readBytes: 48_123 },
  { text: '', readBytes: 0 },
]

/** Files of a host, in every state, from fixed samples. */
export function FileStates(): JSX.Element {
  return (
    <>
      <For each={['yes', 'mode', 'file', 'hub', 'lock'] as const}>{(verdict) => <Closed policy={policyOf(verdict)} />}</For>
      <Roots host="1" roots={['/srv/data', '/var/log', `/${'long/'.repeat(30)}end`]} />
      <For each={pages}>
        {(now, at) => <Folder host="1" page={now} alone={at() > 0} onMore={nothing} onAgain={nothing} onView={nothing} />}
      </For>
      <For each={contents}>
        {(shown) => <Content shown={shown} sizeBytes={shown.readBytes === 0 ? 0 : 48_123} name="nginx.conf" url="#" onSave={nothing} />}
      </For>
    </>
  )
}
