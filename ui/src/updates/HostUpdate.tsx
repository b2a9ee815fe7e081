import { A } from '@solidjs/router'
import { createSignal, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { said } from '../i18n/said.ts'
import { Part } from '../kit/ask.tsx'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { act, Empty, Note, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { createFollowed } from './live.ts'
import { HostStanding } from './WavePage.tsx'
import { say } from './words.ts'

export type OwnUpdate = Awaited<ReturnType<typeof askHost>>
const askHost = (host: string) => ask('updates.host', { host })

/** What runs on a host, what is offered, and the way back. */
export function HostUpdate(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  const own = createFollowed(() => askHost(props.host))
  return (
    <Part of={own} what={say('error.host')} lines={6}>
      {(now) => <Show when={now()}>{(known) => <HostUpdateView host={props.host} offline={props.offline} own={known()} />}</Show>}
    </Part>
  )
}

export function HostUpdateView(props: { readonly host: string; readonly offline: boolean; readonly own: OwnUpdate }): JSX.Element {
  return (
    <section class="box">
      <h2>{say('own.title')}</h2>
      <Show when={props.own.reason !== '' ? props.own.reason : undefined}>
        {(reason) => (
          <Note state="warn">
            {say(`reason.${reason()}`)} {plain(said(props.own.state?.problem ?? ''))}
          </Note>
        )}
      </Show>
      <Show
        when={props.own.state}
        fallback={
          <Show when={props.own.reason === ''}>
            <Empty text={say(props.offline ? 'own.offline' : 'own.waits')} />
          </Show>
        }
      >
        {(state) => (
          <dl>
            <dt>{say('version')}</dt>
            <dd>{state().version}</dd>
            <dt>{say('own.kind')}</dt>
            <dd>{say(`kind.${state().kind}`)}</dd>
            <dt>{say('own.phase')}</dt>
            <dd>
              {say(`phase.${state().phase}`)} <span class="dim">{plain(state().next?.version ?? '')}</span>
              <Show when={state().phase === 'returned' && props.own.reason === ''}>
                <span class="update-words dim">{plain(said(state().problem))}</span>
              </Show>
            </dd>
            <dt>{say('own.before')}</dt>
            <dd>{state().before?.version ?? '–'}</dd>
            <dt>{say('own.offered')}</dt>
            <dd>{props.own.release?.version ?? say('own.newest')}</dd>
          </dl>
        )}
      </Show>
      <LastWave own={props.own} />
      <Show when={may('hosts:manage')}>
        <OwnButtons host={props.host} own={props.own} />
      </Show>
    </section>
  )
}

function LastWave(props: { readonly own: OwnUpdate }): JSX.Element {
  return (
    <Show when={props.own.wave}>
      {(wave) => (
        <p class="row">
          <A href={`/updates/${wave().id}`}>{say('wave', { version: wave().version })}</A>{' '}
          <Show when={props.own.own}>{(own) => <HostStanding host={own()} wave={wave()} />}</Show>
        </p>
      )}
    </Show>
  )
}

function OwnButtons(props: { readonly host: string; readonly own: OwnUpdate }): JSX.Element {
  const [reverting, setReverting] = createSignal(false)
  const moving = () => ['waiting', 'sending', 'starting'].includes(props.own.own?.state ?? '')
  const before = () => props.own.state?.before?.version
  async function revert(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setReverting(false)
    await act(say('own.revert', { version: before()! }), () => ask('updates.revert', { host: props.host }))
  }
  return (
    <p class="row">
      <Show when={props.own.reason === '' ? props.own.release : null}>
        {(release) => (
          <button
            type="button"
            class="primary"
            disabled={moving()}
            onClick={() =>
              void act(say('own.update', { version: release().version }), () =>
                ask('updates.updateHost', { host: props.host, counter: release().counter }),
              )
            }
          >
            {say('own.update', { version: release().version })}
          </button>
        )}
      </Show>
      <Show when={before()}>
        {(version) => (
          <button type="button" disabled={moving()} onClick={() => setReverting(true)}>
            {say('own.revert', { version: version() })}
          </button>
        )}
      </Show>
      <Show when={reverting()}>
        <Dialog title={say('own.revert', { version: before() ?? '' })} onClose={() => setReverting(false)}>
          <p>{say('own.revertAsk')}</p>
          <form onSubmit={(event) => void revert(event)}>
            <DialogButtons action={say('own.revert', { version: before() ?? '' })} onCancel={() => setReverting(false)} />
          </form>
        </Dialog>
      </Show>
    </p>
  )
}
