import { createSignal, createUniqueId, Show, untrack, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { t } from '../i18n/i18n.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { act, plain, tell } from '../kit/kit.tsx'
import { longestName, nameProblem, refusalWords, rename } from './rename.ts'

/** Another name for a container. What is against it stands beside the field, and what was typed stays in it. */
export function Rename(props: { readonly row: Pick<FleetRow, 'host' | 'id' | 'name'>; readonly onClose: () => void }): JSX.Element {
  const id = createUniqueId()
  // As it was when it was opened: rows are told anew while somebody types here.
  const before = untrack(() => ({ ...props.row }))
  const [problem, setProblem] = createSignal('')
  const [busy, setBusy] = createSignal(false)
  let input!: HTMLInputElement
  const against = (why: string) => {
    setProblem(why)
    input.focus()
  }

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const name = input.value.trim()
    if (name === before.name) return props.onClose()
    const why = nameProblem(name)
    if (why !== undefined) return against(why)
    setBusy(true)
    try {
      await rename(before, name)
      const undo = () => void act(t('rename.do'), () => rename(before, before.name))
      tell(t('rename.done', { before: plain(before.name), name: plain(name) }), false, undo)
      props.onClose()
    } catch (error) {
      setBusy(false)
      against(refusalWords(error, name))
    }
  }

  return (
    <Dialog title={t('rename.title', { name: plain(before.name) })} onClose={props.onClose}>
      <form class="stacked" onSubmit={(event) => void save(event)}>
        <label class="field">
          {t('rename.name')}
          <input
            data-first
            class="mono"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            maxlength={longestName + 1}
            value={before.name}
            aria-invalid={problem() !== ''}
            aria-describedby={id}
            ref={(box) => (input = box)}
            onInput={() => problem() !== '' && setProblem(nameProblem(input.value.trim()) ?? '')}
            onBlur={() => setProblem(input.value.trim() === before.name ? '' : (nameProblem(input.value.trim()) ?? problem()))}
          />
        </label>
        <p id={id} class="said-beside" role="alert">
          <Show when={problem()} fallback={<span class="dim">{t('rename.hint')}</span>}>
            {(why) => (
              <span class="state-critical">
                <span aria-hidden="true">■</span> {why()}
              </span>
            )}
          </Show>
        </p>
        <DialogButtons action={t('rename.do')} disabled={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}
