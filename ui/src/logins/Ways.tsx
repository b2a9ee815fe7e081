import { createResource, createSignal, For, lazy, onMount, Show, type JSX } from 'solid-js'
import type { SecondStep } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { createWords } from '../i18n/i18n.ts'
import { waysEn } from '../i18n/ways-en.ts'
import { waysFr } from '../i18n/ways-fr.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { goThrough } from './away.ts'
import { takeTold } from './told.ts'

const DirectoryWay = lazy(async () => ({ default: (await import('./DirectoryWay.tsx')).DirectoryWay }))

const say = createWords<keyof typeof waysEn>(waysEn, waysFr)

export interface Offered {
  readonly organization: string
  readonly providers: readonly { readonly id: string; readonly name: string; readonly kind: string }[]
}

/** In through a provider of the organization: of the one that the address names, else of the hub's own. */
export function Ways(props: { readonly onStep: (step: SecondStep) => void }): JSX.Element {
  const [reason, setReason] = createSignal('')
  const wanted = new URLSearchParams(window.location.search).get('organization')
  const [offered] = createResource(async () => {
    const which = wanted === null ? '' : `?organization=${encodeURIComponent(wanted)}`
    return fetchJson<Offered>('GET', `/sign-in${which}`).catch((): Offered => ({ organization: '', providers: [] }))
  })
  onMount(() => {
    const told = takeTold()
    setReason(told.reason)
    if (told.step !== undefined) props.onStep(told.step)
  })
  return (
    <>
      <WhyNot reason={reason()} />
      <WayButtons offered={offered()} onGo={() => setReason('')} onStep={props.onStep} />
    </>
  )
}

/** Why somebody who came back is not in. */
export function WhyNot(props: { readonly reason: string }): JSX.Element {
  const word = () => `why.${props.reason}` as keyof typeof waysEn
  return (
    <Show when={props.reason !== ''}>
      <p class="note note-warn" role="alert">
        {say(Object.hasOwn(waysEn, word()) ? word() : 'why.failed')}
      </p>
    </Show>
  )
}

export function WayButtons(props: {
  readonly offered: Offered | undefined
  readonly onGo: () => void
  readonly onStep: (step: SecondStep) => void
}): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [going, setGoing] = createSignal('')
  const [typing, setTyping] = createSignal('')
  const ways = () => (props.offered?.providers ?? []).filter(({ kind }) => kind === 'oidc' || kind === 'ldap')
  async function go({ id, kind }: Offered['providers'][number]): Promise<void> {
    setError(undefined)
    props.onGo()
    // A directory asks here, where it is its turn.
    if (kind === 'ldap') return void setTyping(id)
    setGoing(id)
    await goThrough(id, props.offered?.organization ?? '').catch((failure: unknown) => {
      setError(failure)
      setGoing('')
    })
  }
  return (
    <Show when={ways().length > 0}>
      <p class="ways-or dim">{say('or')}</p>
      <For each={ways()}>
        {(way) => (
          <Show
            when={typing() === way.id}
            fallback={
              <button type="button" class="way" disabled={going() !== ''} onClick={() => void go(way)}>
                {say(going() === way.id ? 'busy' : 'through', { name: plain(way.name) })}
              </button>
            }
          >
            <DirectoryWay provider={way} organization={props.offered?.organization ?? ''} onStep={props.onStep} />
          </Show>
        )}
      </For>
      <Show when={error()}>{(now) => <ErrorBox error={now()} next={false} />}</Show>
      <small class="dim">{say('local')}</small>
    </Show>
  )
}
