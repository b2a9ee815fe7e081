import { createSignal, For, Show, type JSX } from 'solid-js'
import type { HostPolicy as View } from '@fairlead/protocol/features/policy.ts'
import { ask } from '../api/api.ts'
import { t, time, wordsOf } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Command } from '../kit/Command.tsx'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { act, Empty, ErrorBox, Note, plain, Skeleton } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'

/** What the host lets this hub do, in the host's own words. */
export function HostPolicy(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  return (
    <Show when={!props.offline} fallback={<Empty text={t('policy.offline')} />}>
      <Asked host={props.host} />
    </Show>
  )
}

function Asked(props: { readonly host: string }): JSX.Element {
  const { now, error, load } = createLoaded<View | undefined>(
    'hosts:read',
    undefined,
    () => ask('policy.get', { host: props.host }) as Promise<View>,
  )
  return (
    <Show when={error() === undefined} fallback={<ErrorBox what={t('error.what.policy')} error={error()} onRetry={() => void load()} />}>
      <Show when={now()} fallback={<Skeleton lines={8} />}>
        {(view) => <PolicyView host={props.host} view={view()} onChange={() => void load()} />}
      </Show>
    </Show>
  )
}

export function PolicyView(props: { readonly host: string; readonly view: View; readonly onChange: () => void }): JSX.Element {
  const [narrowing, setNarrowing] = createSignal(false)
  const list = (values: readonly string[]) => values.map(plain).join(', ') || t('policy.none')
  const given = () => [...(props.view.narrowed.mode === null ? [] : [props.view.narrowed.mode]), ...props.view.narrowed.deny]
  return (
    <>
      <p class="dim">{t('policy.intro')}</p>
      <Troubles view={props.view} />
      <div class="columns">
        <section class="box policy">
          <h2>{t('policy.mode')}</h2>
          <dl>
            <dt>{t('policy.mode')}</dt>
            <dd>{t(`policy.mode.${props.view.mode}`)}</dd>
            <dt>{t('policy.source')}</dt>
            <dd>{t(`policy.source.${props.view.source}`)}</dd>
            <dt>{t('policy.filesRead')}</dt>
            <dd>{list(props.view.files.read)}</dd>
            <dt>{t('policy.filesWrite')}</dt>
            <dd>{list(props.view.files.write)}</dd>
            <dt>{t('policy.registries')}</dt>
            <dd>{props.view.registries === null ? t('policy.anyRegistry') : list(props.view.registries)}</dd>
          </dl>
          <Show when={given().length > 0}>
            <p>{t('policy.narrowed', { what: given().map(plain).join(', ') })}</p>
          </Show>
          <Show when={may('hosts:manage') && props.view.mode !== 'monitor'}>
            <p>
              <button type="button" onClick={() => setNarrowing(true)}>
                {t('policy.narrow')}
              </button>
            </p>
          </Show>
          <h2>{t('policy.protected')}</h2>
          <Show
            when={props.view.protected.length > 0}
            fallback={
              <p>
                {t('policy.noProtected')} <Command text="sudo fairlead-agent protect NAME" />
              </p>
            }
          >
            <p class="dim">{t('policy.protectedHint')}</p>
            <ul>
              <For each={props.view.protected}>
                {({ id, name, reason }) => (
                  <li title={id}>
                    {plain(name || id.slice(0, 12))} <span class="dim">{plain(said(reason))}</span>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </section>
        <Capabilities may={props.view.may} files={props.view.files} />
      </div>
      <Show when={narrowing()}>
        <Narrow host={props.host} onClose={() => setNarrowing(false)} onDone={() => props.onChange()} />
      </Show>
    </>
  )
}

function Troubles(props: { readonly view: View }): JSX.Element {
  return (
    <>
      <Show when={props.view.lock}>
        {(lock) => (
          <Note state="warn">
            <p>
              <strong>{t('policy.locked')}</strong> {t('policy.lockedBy', { time: time(lock().sinceMs), who: plain(lock().by) })}{' '}
              <Show when={lock().reason !== ''}>{t('policy.lockedWhy', { reason: plain(said(lock().reason)) })} </Show>
              <Show when={lock().untilMs}>{(untilMs) => t('policy.until', { time: time(untilMs()) })}</Show>
            </p>
            <p>
              {t('policy.unlock')} <Command text="sudo fairlead-agent unlock" />
            </p>
          </Note>
        )}
      </Show>
      <Show when={props.view.problem !== ''}>
        <Note state="critical">
          <p>
            <strong>{t('policy.bad')}</strong> {plain(said(props.view.problem))}
          </p>
          <p>
            {t('policy.unlock')} <Command text="sudo fairlead-agent policy check /etc/fairlead/policy.json" />
          </p>
        </Note>
      </Show>
    </>
  )
}

/** What cannot be done first: that is what somebody came for. */
function Capabilities(props: { readonly may: View['may']; readonly files: View['files'] }): JSX.Element {
  // What is allowed in folders of which none is named is allowed nowhere.
  const verdictOf = (name: string, verdict: View['may'][string]) => {
    const folders = name === 'files.read' ? props.files.read : name === 'files.write' ? props.files.write : undefined
    return verdict === 'yes' && folders?.length === 0 ? 'folder' : verdict
  }
  const rows = () =>
    Object.entries(props.may)
      .map(([name, verdict]) => [name, verdictOf(name, verdict)] as const)
      .sort(([, a], [, b]) => Number(a === 'yes') - Number(b === 'yes'))
  return (
    <section class="box">
      <h2>{t('policy.capabilities')}</h2>
      <table class="roomy">
        <tbody>
          <For each={rows()}>
            {([name, verdict]) => (
              <tr>
                <td class="why" title={plain(name)}>
                  {wordsOf(`cap.${name}`) ?? plain(name)}
                </td>
                <td class={verdict === 'yes' ? '' : 'state-warn'}>
                  {verdict === 'yes' ? t('policy.allowed') : `▲ ${t(`policy.why.${verdict}`)}`}
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  )
}

function Narrow(props: { readonly host: string; readonly onClose: () => void; readonly onDone: () => void }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  async function narrow(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    const done = await act(t('policy.narrow'), () => ask('policy.narrow', { host: props.host, mode: 'monitor' }))
    setBusy(false)
    if (!done) return
    props.onDone()
    props.onClose()
  }
  return (
    <Dialog title={t('policy.narrow')} onClose={props.onClose}>
      <p>{t('policy.narrowHint')}</p>
      <form onSubmit={(event) => void narrow(event)}>
        <DialogButtons action={t('policy.narrow')} disabled={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}
