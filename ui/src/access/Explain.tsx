import { useSearchParams } from '@solidjs/router'
import { createEffect, createSignal, For, on, onCleanup, Show, type JSX } from 'solid-js'
import type { Explained } from '@fairlead/protocol/features/roles.ts'
import { ask } from '../api/api.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { me } from '../kit/me.ts'
import type { Book } from './book.ts'
import { Part } from './parts.tsx'
import { createHostNames } from './reach.tsx'
import { becauseWords, byFeature, featureWords, permissionWords, placeWords } from './told.ts'
import { say } from './words.ts'

const kinds = ['organization', 'environment', 'host'] as const

interface Asked {
  account?: string
  on?: string
  place?: string
}

/** What can this person do at that place, and which grant decided: judged by the hub with what judges every request. */
export function Explain(props: { readonly book: Book }): JSX.Element {
  const [search, setSearch] = useSearchParams<Asked & Record<string, string>>()
  const [told, setTold] = createSignal<Explained>()
  const [error, setError] = createSignal<unknown>()
  const [turn, setTurn] = createSignal(0)
  const kind = () => kinds.find((one) => one === search.on) ?? 'organization'
  const [hosts] = createHostNames(() => kind() === 'host')
  const places = () => (kind() === 'host' ? (hosts.error === undefined ? (hosts.latest ?? []) : []) : (props.book.environments.now() ?? []))
  const asked = () => {
    const { account, place } = search
    if (account === undefined) return undefined
    if (kind() === 'organization') return { account }
    return place === undefined ? undefined : { account, [kind()]: place }
  }
  createEffect(
    on([() => JSON.stringify(asked()), turn, me], () => {
      setError(undefined)
      const now = asked()
      if (now === undefined) return void setTold(undefined)
      let stale = false
      onCleanup(() => (stale = true))
      ask('roles.explain', now).then(
        (answer) => !stale && setTold(answer),
        (reason: unknown) => !stale && setError(reason),
      )
    }),
  )
  return (
    <>
      <Part of={props.book.accounts} what="error.people" lines={2}>
        {(people) => (
          <div class="asking">
            <Choose
              label={say('explain.who')}
              value={search.account ?? ''}
              options={people().map(({ id, name, email }) => ({ id, name: `${plain(name)} (${plain(email)})` }))}
              onChoose={(account) => setSearch({ account }, { replace: true })}
            />
            <label class="field">
              {say('explain.at')}
              <select onChange={(event) => setSearch({ on: event.currentTarget.value, place: undefined }, { replace: true })}>
                <For each={kinds}>
                  {(one) => (
                    <option value={one} selected={one === kind()}>
                      {say(`where.${one}`)}
                    </option>
                  )}
                </For>
              </select>
            </label>
            <Show when={kind() !== 'organization'}>
              <Choose
                label={say('explain.place')}
                value={search.place ?? ''}
                options={places().map(({ id, name }) => ({ id, name: plain(name) }))}
                onChoose={(place) => setSearch({ place }, { replace: true })}
              />
            </Show>
          </div>
        )}
      </Part>
      <Show when={hosts.error ?? error()}>
        {(now) => <ErrorBox what={say('error.explain')} error={now()} onRetry={() => setTurn((n) => n + 1)} />}
      </Show>
      <Show when={asked() !== undefined} fallback={<Empty text={say('explain.hint')} />}>
        <Show when={told()} fallback={error() === undefined ? <Skeleton lines={14} /> : undefined}>
          {(now) => <Answer told={now()} />}
        </Show>
      </Show>
    </>
  )
}

function Choose(props: {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly id: string; readonly name: string }[]
  readonly onChoose: (id: string) => void
}): JSX.Element {
  return (
    <label class="field">
      {props.label}
      <select onChange={(event) => event.currentTarget.value !== '' && props.onChoose(event.currentTarget.value)}>
        <option value="">{say('where.choose')}</option>
        <For each={props.options}>
          {({ id, name }) => (
            <option value={id} selected={id === props.value}>
              {name}
            </option>
          )}
        </For>
      </select>
    </label>
  )
}

export function Answer(props: { readonly told: Explained }): JSX.Element {
  const allowed = () => props.told.permissions.filter((one) => one.allowed).length
  return (
    <>
      <p role="status">
        <strong>
          {plain(props.told.account.name)}, {placeWords(props.told.place)}.
        </strong>{' '}
        {say('explain.sum', { name: plain(props.told.account.name), n: allowed(), all: props.told.permissions.length })}
      </p>
      <div class="table" tabindex="0" role="region" aria-label={say('tab.explain')}>
        <table class="stack-phone explained">
          <thead>
            <tr>
              <th>{say('explain.what')}</th>
              <th>{say('roles.permissions')}</th>
              <th>{say('explain.why')}</th>
            </tr>
          </thead>
          <For each={byFeature(props.told.permissions, ({ name }) => name)}>
            {(feature) => (
              <tbody>
                <tr>
                  <th scope="rowgroup" class="group" colSpan={3}>
                    {featureWords(feature.name)}
                  </th>
                </tr>
                <For each={feature.items}>
                  {(one) => (
                    <tr>
                      <td class="why" title={one.name}>
                        {permissionWords(one.name)}
                      </td>
                      <td>
                        <span class={`state state-${one.allowed ? 'ok' : one.because === null ? 'off' : 'critical'}`}>
                          <span aria-hidden="true">{one.allowed ? '●' : one.because === null ? '○' : '■'}</span>{' '}
                          {say(one.allowed ? 'explain.allowed' : 'explain.refused')}
                        </span>
                      </td>
                      <td class="dim">{becauseWords(one.because)}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            )}
          </For>
        </table>
      </div>
    </>
  )
}
