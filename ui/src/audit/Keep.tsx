import { createSignal, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { act } from '../kit/kit.tsx'
import { say } from './words.ts'

const choices = [30, 90, 180, 365, 730, 1825, 3650] as const

/** For how long rows stay in the table; older ones are archived, never deleted. */
export function Keep(props: { readonly keepDays: number | null; readonly onClose: () => void; readonly onKept: () => void }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const all = () => [...new Set([...choices, ...(props.keepDays === null ? [] : [props.keepDays])])].sort((a, b) => a - b)
  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const chosen = String(new FormData(event.currentTarget as HTMLFormElement).get('days') ?? '')
    setBusy(true)
    const done = await act(say('trail.keep'), () => ask('audit.setRetention', { keepDays: chosen === '' ? null : Number(chosen) }))
    setBusy(false)
    if (!done) return
    props.onKept()
    props.onClose()
  }
  return (
    <Dialog title={say('trail.keepTitle')} onClose={props.onClose}>
      <p class="dim">{say('trail.keepHint')}</p>
      <form onSubmit={(event) => void save(event)}>
        <label class="field">
          {say('trail.keep')}
          <select name="days" data-first>
            <option value="" selected={props.keepDays === null}>
              {say('trail.keptAll')}
            </option>
            {all().map((days) => (
              <option value={days} selected={props.keepDays === days}>
                {say('trail.kept', { n: days })}
              </option>
            ))}
          </select>
        </label>
        <DialogButtons action={say('trail.save')} disabled={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}
