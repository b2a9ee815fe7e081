import { createResource, createSignal, Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, Note } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'

const howMany = 6
/** What the hub's made-up hosts are known by. */
const tag = 'demo'

/** A fleet to look at where there is no engine yet; and its end, once it is there. */
export function DemoOffer(props: { readonly hosts: readonly Host[] }): JSX.Element {
  const [state] = createResource(async () => (may('hosts:enrol') ? ask('demo.state', {}) : undefined))
  const [busy, setBusy] = createSignal(false)
  const made = () => props.hosts.filter(({ tags }) => tags.includes(tag)).length
  const engine = () => props.hosts.some(({ facts, tags }) => facts?.engine.up === true && !tags.includes(tag))
  const shown = () => state.error === undefined && state()?.available === true && (made() > 0 || !engine())
  async function turn(): Promise<void> {
    setBusy(true)
    if (made() > 0) await act(t('demo.stop'), () => ask('demo.stop', {}))
    else await act(t('demo.start'), () => ask('demo.start', { hosts: howMany }))
    setBusy(false)
  }

  return (
    <Show when={shown()}>
      <Note state="off">
        <p>
          {made() > 0 ? t('demo.runs', { n: made() }) : t('demo.offer', { n: howMany })}{' '}
          <button type="button" disabled={busy()} onClick={() => void turn()}>
            {t(made() > 0 ? 'demo.stop' : 'demo.start')}
          </button>
        </p>
      </Note>
    </Show>
  )
}
