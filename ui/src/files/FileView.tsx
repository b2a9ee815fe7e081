import { createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import { openRaw } from '../api/api.ts'
import { bytes } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { ErrorBox, plain, Skeleton, tell } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { contentUrl, nameWords, textOf } from './paths.ts'
import { say } from './words.ts'

/** What is shown of a file; all of it can be saved. */
const mostShownBytes = 1024 * 1024

export interface Shown {
  /** undefined: it is no text. */
  readonly text: string | undefined
  readonly readBytes: number
}

/** The beginning of a file, as it comes. Leaving ends the reading. */
export function FileView(props: {
  readonly host: string
  readonly path: string
  readonly sizeBytes: number
  readonly onClose: () => void
}): JSX.Element {
  const [shown, setShown] = createSignal<Shown>()
  const [readBytes, setReadBytes] = createSignal(0)
  const { error, retry } = createStream(
    () => ({ host: props.host, path: props.path }),
    async (at, signal) => {
      setShown(undefined)
      setReadBytes(0)
      const stream = await openRaw('files.read', { ...at, bytes: mostShownBytes }, {})
      signal.addEventListener('abort', () => stream.reset('canceled'))
      if (signal.aborted) return stream.reset('canceled')
      const parts: Uint8Array[] = []
      for await (const part of stream) {
        parts.push(part.slice())
        setReadBytes((before) => before + part.length)
      }
      if (!signal.aborted) setShown({ text: textOf(parts), readBytes: readBytes() })
    },
  )
  const name = () => props.path.slice(props.path.lastIndexOf('/') + 1)
  return (
    <Dialog title={nameWords(name())} wide onClose={() => props.onClose()}>
      <p class="dim mono">{nameWords(props.path)}</p>
      <Show when={error() === undefined} fallback={<ErrorBox what={say('files.viewFailed')} error={error()} onRetry={retry} />}>
        <Show when={shown()} fallback={<Coming readBytes={readBytes()} sizeBytes={props.sizeBytes} />}>
          {(now) => (
            <Content
              shown={now()}
              sizeBytes={props.sizeBytes}
              name={name()}
              url={contentUrl(props.host, props.path)}
              onSave={props.onClose}
            />
          )}
        </Show>
      </Show>
    </Dialog>
  )
}

function Coming(props: { readonly readBytes: number; readonly sizeBytes: number }): JSX.Element {
  const wanted = () => Math.min(props.sizeBytes, mostShownBytes)
  return (
    <>
      <progress max={Math.max(1, wanted())} value={props.readBytes} aria-label={say('files.content')} />{' '}
      <span class="dim">{say('files.reading', { read: bytes(props.readBytes), total: bytes(wanted()) })}</span>
      <Skeleton lines={6} />
    </>
  )
}

export function Content(props: {
  readonly shown: Shown
  readonly sizeBytes: number
  readonly name: string
  readonly url: string
  readonly onSave: () => void
}): JSX.Element {
  return (
    <>
      <Switch
        fallback={
          <pre class="box document" tabindex="0" role="region" aria-label={say('files.content')}>
            {plain(props.shown.text ?? '')}
          </pre>
        }
      >
        <Match when={props.shown.text === undefined}>
          <p>{say('files.binary')}</p>
        </Match>
        <Match when={props.shown.readBytes === 0}>
          <p>{say('files.blank')}</p>
        </Match>
      </Switch>
      <p class="row">
        <Show when={props.shown.readBytes < props.sizeBytes}>
          <span class="dim">{say('files.first', { read: bytes(props.shown.readBytes), total: bytes(props.sizeBytes) })}</span>
        </Show>
        <span class="grow" />
        <a
          class="button"
          href={props.url}
          download=""
          data-first
          onClick={() => {
            tell(say('files.begun', { name: nameWords(props.name) }))
            props.onSave()
          }}
        >
          {say('files.save', { size: bytes(props.sizeBytes) })}
        </a>
      </p>
    </>
  )
}
