import { createEffect, createResource, createSignal, on, onCleanup, Show, untrack, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, Note } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'

const howMany = 6
/** What the hub's made-up hosts are known by. */
const tag = 'demo'
/** Longer than it takes; whoever waits may then ask again. */
const patienceMs = 30_000

/** A fleet to look at where there is no engine yet; and its end, once it is there. */
export function DemoOffer(props: { readonly hosts: readonly Host[] }): JSX.Element {
  const [state] = createResource(async () => (may('hosts:enrol') ? ask('demo.state', {}) : undefined))
  const [turning, setTurning] = createSignal<'starting' | 'stopping'>()
  const made = () => props.hosts.filter(({ tags }) => tags.includes(tag)).length
  const engine = () => props.hosts.some(({ facts, tags }) => facts?.engine.up === true && !tags.includes(tag))
  const shown = () => state.error === undefined && state()?.available === true && (made() > 0 || !engine())
  // The hub says yes at once; it is done when the hosts are here, or gone.
  createEffect(
    on(
      () => made() > 0,
      () => setTurning(undefined),
      { defer: true },
    ),
  )
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (turned: 'starting' | 'stopping') => {
    setTurning(turned)
    clearTimeout(timer)
    timer = setTimeout(() => setTurning(undefined), patienceMs)
  }
  // Begun by somebody else, or with the hub.
  createEffect(() => {
    if (state.error === undefined && state()?.starting === true && untrack(made) === 0) wait('starting')
  })
  onCleanup(() => clearTimeout(timer))
  async function turn(): Promise<void> {
    const stops = made() > 0
    wait(stops ? 'stopping' : 'starting')
    const done = await act(
      t(stops ? 'demo.stop' : 'demo.start'),
      () => (stops ? ask('demo.stop', {}) : ask('demo.start', { hosts: howMany })),
      true,
    )
    if (done !== true) setTurning(undefined)
  }

  return (
    <Show when={shown()}>
      <Note state="off">
        <p>
          <Show
            when={turning()}
            fallback={
              <>
                {made() > 0 ? t('demo.runs', { n: made() }) : t('demo.offer', { n: howMany })}{' '}
                <button type="button" onClick={() => void turn()}>
                  {t(made() > 0 ? 'demo.stop' : 'demo.start')}
                </button>
              </>
            }
          >
            {(now) => t(`demo.${now()}`)}
          </Show>
        </p>
      </Note>
    </Show>
  )
}
