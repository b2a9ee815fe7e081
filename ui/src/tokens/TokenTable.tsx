import { For, Show, type JSX } from 'solid-js'
import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { permissionWords } from '../access/told.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { nowMs } from '../i18n/now.ts'
import { plain, StateMark } from '../kit/kit.tsx'
import { lifeOf, lifeWords } from './told.ts'
import { say } from './words.ts'

/** Tokens with what each may, from where, since when nobody used it, and when it ends. */
export function TokenTable(props: {
  readonly tokens: readonly Token[]
  /** Whose each is; without: they are one person's. */
  readonly owners?: boolean
  readonly chosen?: ReadonlySet<string>
  readonly onChoose?: (chosen: ReadonlySet<string>) => void
  /** Absent: they can be looked at. */
  readonly onRevoke?: ((token: Token) => void) | undefined
}): JSX.Element {
  const chosen = () => props.chosen ?? new Set<string>()
  const every = () => props.tokens.length > 0 && props.tokens.every(({ id }) => chosen().has(id))
  const turn = (ids: readonly string[], on: boolean) => {
    const next = new Set(chosen())
    for (const id of ids)
      if (on) next.add(id)
      else next.delete(id)
    props.onChoose?.(next)
  }
  return (
    <div class="table" tabindex="0" role="region" aria-label={say('tab')}>
      <table class="stack-phone roomy tokens">
        <thead>
          <tr>
            <Show when={props.onChoose}>
              <th class="check">
                <input
                  type="checkbox"
                  aria-label={say('chooseAll')}
                  checked={every()}
                  onChange={(event) =>
                    turn(
                      props.tokens.map(({ id }) => id),
                      event.currentTarget.checked,
                    )
                  }
                />
              </th>
            </Show>
            <th>{t('containers.name')}</th>
            <Show when={props.owners}>
              <th>{say('whose')}</th>
            </Show>
            <th>{say('may')}</th>
            <th>{say('from')}</th>
            <th>{say('used')}</th>
            <th>{say('expires')}</th>
            <Show when={props.onRevoke}>
              <th>{t('grid.actions')}</th>
            </Show>
          </tr>
        </thead>
        <tbody>
          <For each={props.tokens}>
            {(token) => (
              <tr>
                <Show when={props.onChoose}>
                  <td class="check">
                    <input
                      type="checkbox"
                      aria-label={say('choose', { name: plain(token.name) })}
                      checked={chosen().has(token.id)}
                      onChange={(event) => turn([token.id], event.currentTarget.checked)}
                    />
                  </td>
                </Show>
                <TokenCells token={token} owner={props.owners === true} />
                <Show when={props.onRevoke}>
                  {(revoke) => (
                    <td class="why">
                      <button type="button" aria-label={say('revokeOne', { name: plain(token.name) })} onClick={() => revoke()(token)}>
                        {say('revoke')}
                      </button>
                    </td>
                  )}
                </Show>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function TokenCells(props: { readonly token: Token; readonly owner: boolean }): JSX.Element {
  const used = () =>
    props.token.lastUsedMs === 0 ? say('never') : say('usedAgo', { age: ago(props.token.lastUsedMs), ip: props.token.lastUsedIp })
  return (
    <>
      <td class="why" title={`${say('made')} ${time(props.token.createdMs)}`}>
        <strong>{plain(props.token.name)}</strong> <code class="dim">{props.token.begins}…</code>
      </td>
      <Show when={props.owner}>
        <td>{plain(props.token.account.name)}</td>
      </Show>
      <td title={props.token.scopes.map(permissionWords).join('\n')}>
        {props.token.scopes.length === 1 ? permissionWords(props.token.scopes[0]!) : say('mayCount', { n: props.token.scopes.length })}
      </td>
      <td class="dim" title={props.token.addresses.join('\n')}>
        {props.token.addresses.length === 0 ? say('anywhere') : props.token.addresses.join(', ')}
      </td>
      <td class="dim" title={props.token.lastUsedMs === 0 ? '' : time(props.token.lastUsedMs)}>
        <span class="hide-phone">{used()}</span>
        <span class="only-phone">{say('usedLine', { when: used() })}</span>
      </td>
      <td title={time(props.token.expiresMs)}>
        <Show when={lifeOf(props.token, nowMs()) !== 'ok'} fallback={lifeWords(props.token, nowMs())}>
          <StateMark state={lifeOf(props.token, nowMs())} word={lifeWords(props.token, nowMs())} />
        </Show>
      </td>
    </>
  )
}
