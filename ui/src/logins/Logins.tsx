import { For, Show, type JSX } from 'solid-js'
import type { Notice } from '@fairlead/protocol/features/factors.ts'
import type { Login } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { ago, time } from '../i18n/i18n.ts'
import { act } from '../kit/kit.tsx'
import { browserOf } from './browser-of.ts'
import { w } from './words.ts'

export function Logins(props: { readonly logins: readonly Login[]; readonly onChanged: () => void }): JSX.Element {
  async function end(label: string, path: string): Promise<void> {
    await act(label, () => fetchJson('DELETE', path))
    props.onChanged()
  }
  return (
    <section class="box form">
      <h2>{w('logins.title')}</h2>
      <ul class="plain-list">
        <For each={props.logins}>
          {(login) => (
            <li class="row">
              <strong>{browserOf(login.userAgent)}</strong>
              <span class="dim grow">
                {login.ip}, {w('logins.by', { factor: w(`factor.${login.factor}`) })},{' '}
                <span title={time(login.usedMs)}>{w('logins.used', { ago: ago(login.usedMs) })}</span>
              </span>
              <Show when={!login.current} fallback={<span>{w('logins.here')}</span>}>
                <button type="button" onClick={() => void end(w('logins.end'), `/logins/${login.id}`)}>
                  {w('logins.end')}
                </button>
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.logins.length > 1} fallback={<p class="dim">{w('logins.none')}</p>}>
        <button type="button" class="danger" onClick={() => void end(w('logins.endOthers'), '/logins/others')}>
          {w('logins.endOthers')}
        </button>
      </Show>
    </section>
  )
}

export function Notices(props: { readonly notices: readonly Notice[] }): JSX.Element {
  return (
    <section class="box form">
      <h2>{w('notices.title')}</h2>
      <ul class="plain-list">
        <For each={props.notices.slice(0, 20)} fallback={<li class="dim">{w('notices.none')}</li>}>
          {(notice) => (
            <li class="row">
              <span class="grow">{w(`notice.${notice.kind}`)}</span>
              <span class="dim">
                {[browserOf(notice.userAgent), notice.ip, time(notice.timeMs)].filter((part) => part !== '').join(', ')}
              </span>
            </li>
          )}
        </For>
      </ul>
    </section>
  )
}
