import { createResource, createSignal, For, onMount, Show, type JSX } from 'solid-js'
import type { Identity } from '@fairlead/protocol/features/identities.ts'
import { ask, fetchJson, proven } from '../api/api.ts'
import { ago } from '../i18n/i18n.ts'
import { messageOf } from '../i18n/said.ts'
import { Part } from '../kit/ask.tsx'
import { act, plain, tell } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { me } from '../kit/me.ts'
import { here } from '../logins/away.ts'
import { takeTold } from '../logins/told.ts'
import { WhyNot, type Offered } from '../logins/Ways.tsx'
import { say } from './words.ts'

/** One's own accounts at providers: linked, and let go again. */
export function OwnIdentities(): JSX.Element {
  const mine = createLoaded<readonly Identity[]>(undefined, [], () => ask('identities.mine', {}))
  const [offered] = createResource(
    () => me()?.organization.id,
    (organization) => fetchJson<Offered>('GET', `/sign-in?organization=${organization}`),
  )
  const [reason, setReason] = createSignal('')
  onMount(() => setReason(takeTold().reason))
  const through = () => me()?.provider
  const open = () => {
    const linked = new Set((mine.now() ?? []).map(({ provider }) => provider.id))
    return offered.error === undefined ? (offered()?.providers ?? []).filter(({ id, kind }) => kind === 'oidc' && !linked.has(id)) : []
  }
  async function link(id: string): Promise<void> {
    const wanted = { origin: window.location.origin, to: here() }
    const { url } = await proven('identities.link', () => fetchJson<{ url: string }>('POST', `/identities/${id}`, wanted))
    window.location.assign(url)
  }
  async function unlink({ id, provider }: Identity): Promise<void> {
    await act(say('own.unlink', { name: plain(provider.name) }), () => ask('identities.unlink', { id }))
    await mine.load()
  }
  const failed = (error: unknown) => tell(messageOf(error), true)
  return (
    <Show when={reason() !== '' || open().length > 0 || (mine.now()?.length ?? 0) > 0 || through() !== undefined}>
      <section class="box" id="sign-in">
        <h2>{say('own.title')}</h2>
        <WhyNot reason={reason()} />
        <Show when={through()?.own === false && through()}>
          {(now) => <p class="dim">{say('own.through', { name: plain(now().name) })}</p>}
        </Show>
        <Part of={mine} what={say('own.error')} lines={2}>
          {(all) => <OwnList identities={all()} fixed={through() !== undefined} onUnlink={(one) => void unlink(one)} />}
        </Part>
        <Show when={through() === undefined}>
          <p class="row">
            <For each={open()}>
              {({ id, name }) => (
                <button type="button" onClick={() => void link(id).catch(failed)}>
                  {say('own.link', { name: plain(name) })}
                </button>
              )}
            </For>
          </p>
        </Show>
      </section>
    </Show>
  )
}

export function OwnList(props: {
  readonly identities: readonly Identity[]
  readonly fixed: boolean
  readonly onUnlink: (identity: Identity) => void
}): JSX.Element {
  return (
    <Show when={props.identities.length > 0} fallback={<p class="dim">{say('own.none')}</p>}>
      <ul class="plain-list">
        <For each={props.identities}>
          {(identity) => (
            <li class="row">
              <strong>{plain(identity.provider.name)}</strong>
              <span class="dim grow">
                {plain([identity.name, identity.email].filter((part) => part !== '').join(', '))},{' '}
                {identity.linked ? say('own.linked', { ago: ago(identity.createdMs) }) : say('own.stands')},{' '}
                {say('own.used', { ago: ago(identity.usedMs) })}
              </span>
              <Show when={identity.linked && !props.fixed}>
                <button type="button" onClick={() => props.onUnlink(identity)}>
                  {say('own.unlink', { name: plain(identity.provider.name) })}
                </button>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
