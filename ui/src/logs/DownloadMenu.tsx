import { createSignal, lazy, Show, Suspense, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { tell } from '../kit/kit.tsx'
import { Menu } from '../kit/Menu.tsx'
import { makeFile } from './download.ts'
import type { Reader } from './reader.ts'
import type { SourceRef } from './sources.ts'

const LogFile = lazy(async () => ({ default: (await import('./LogFile.tsx')).LogFile }))

/** What is in view, as it is filtered here; or all of a container's log, from its host. */
export function DownloadMenu(props: { readonly reader: Reader; readonly sources: readonly SourceRef[] }): JSX.Element {
  const [whole, setWhole] = createSignal(false)
  const view = (format: 'text' | 'ndjson') => () => void saveView(props.reader, format).catch((error: unknown) => tell(String(error), true))
  return (
    <>
      <Menu
        label={say('logs.download')}
        items={[
          { label: say('logs.download.text'), run: view('text') },
          { label: say('logs.download.ndjson'), run: view('ndjson') },
          { label: say('logs.download.whole'), begins: true, run: () => setWhole(true) },
        ]}
      />
      <Show when={whole()}>
        {/* Without it the whole page would go while the dialog loads, and with it the focus that must come back. */}
        <Suspense>
          <LogFile sources={props.sources} onClose={() => setWhole(false)} />
        </Suspense>
      </Show>
    </>
  )
}

async function saveView({ logs }: Reader, format: 'text' | 'ndjson'): Promise<void> {
  const refs = logs.sources.map(({ ref }) => ref)
  const url = URL.createObjectURL(await makeFile(logs.store, logs.rows.order, refs, format))
  const link = document.createElement('a')
  link.href = url
  link.download = `${refs.length === 1 ? refs[0]!.name : 'logs'}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format === 'text' ? 'log' : 'ndjson'}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
