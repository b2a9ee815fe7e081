import { createSignal, For, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { say } from '../i18n/observe.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { ErrorBox, plain, tell } from '../kit/kit.tsx'
import { keyOf, type SourceRef } from './sources.ts'
import { logFileUrl, type Wanted } from './log-file.ts'

/** Which log, which part of it; then the browser itself saves it, from the host, as long as that takes. */
export function LogFile(props: { readonly sources: readonly SourceRef[]; readonly onClose: () => void }): JSX.Element {
  const [wrong, setWrong] = createSignal<Extract<ReturnType<typeof logFileUrl>, { field: unknown }>>()
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(fields.get(name) ?? '')
    const source = props.sources.find((one) => keyOf(one) === text('source')) ?? props.sources[0]
    if (source === undefined) return
    const typed: Wanted = { from: text('from'), until: text('until'), last: text('last'), times: fields.has('times') }
    const found = logFileUrl(source, typed, Date.now())
    setError(undefined)
    setWrong('field' in found ? found : undefined)
    if ('field' in found) return (event.target as HTMLFormElement).querySelector<HTMLElement>(`[name=${found.field}]`)?.focus()
    setBusy(true)
    try {
      // A browser says of a refused download no more than that it failed: whether it can begin is asked before.
      await ask('containers.get', { host: source.host, id: source.id })
      saveFrom(found.url)
      tell(say('logs.whole.begun', { name: source.name }))
      props.onClose()
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }

  return (
    <Dialog title={say('logs.whole')} onClose={props.onClose}>
      <p class="dim">{say('logs.whole.hint')}</p>
      <form onSubmit={(event) => void save(event)}>
        <Show when={props.sources.length > 1}>
          <label class="field">
            {say('logs.whole.of')}
            <select name="source" data-first>
              <For each={props.sources}>
                {(source) => (
                  <option value={keyOf(source)}>
                    {plain(source.name)} · {plain(source.hostName)}
                  </option>
                )}
              </For>
            </select>
          </label>
        </Show>
        <div class="halves">
          <Typed name="from" label={say('logs.whole.from')} hint={say('logs.whole.fromHint')} bad={wrong()?.field === 'from'} />
          <Typed name="until" label={say('logs.whole.until')} hint={say('logs.whole.untilHint')} bad={wrong()?.field === 'until'} />
        </div>
        <Typed name="last" label={say('logs.whole.last')} hint={say('logs.whole.lastHint')} bad={wrong()?.field === 'last'} numeric />
        <label class="row">
          <input type="checkbox" name="times" /> {say('logs.whole.times')}
        </label>
        <div id="whole-wrong" role="alert">
          <Show when={wrong()}>{(now) => <p class="log-note bad">{say(now().why)}</p>}</Show>
        </div>
        <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
        <DialogButtons action={say('logs.whole.save')} disabled={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}

function Typed(props: {
  readonly name: keyof Wanted
  readonly label: string
  readonly hint: string
  readonly bad: boolean
  readonly numeric?: boolean
}): JSX.Element {
  return (
    <label class="field">
      {props.label}
      <input
        name={props.name}
        class="mono"
        autocomplete="off"
        spellcheck={false}
        inputmode={props.numeric === true ? 'numeric' : 'text'}
        aria-invalid={props.bad}
        aria-describedby="whole-wrong"
        maxlength="40"
      />
      <small>{props.hint}</small>
    </label>
  )
}

/** The hub names the file; this page stays where it is. */
function saveFrom(url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = ''
  link.click()
}
