import { A, useLocation } from '@solidjs/router'
import { createEffect, createSignal, on, onCleanup, Show, type JSX } from 'solid-js'
import { ask, link } from '../api/api.ts'
import { say } from './words.ts'

const lookMs = 60_000

/** In the frame of every page: how many wait for one's yes; nothing when nobody does. */
export function Waiting(): JSX.Element {
  const [count, setCount] = createSignal(0)
  const place = useLocation()
  const look = () =>
    void ask('approvals.list', {}).then(
      (all) => setCount(all.filter(({ own, state }) => !own && state === 'open').length),
      () => undefined,
    )
  createEffect(on([() => place.pathname, () => link().state], () => link().state === 'up' && look()))
  const timer = setInterval(() => !document.hidden && look(), lookMs)
  onCleanup(() => clearInterval(timer))
  return <WaitingMark count={count()} />
}

export function WaitingMark(props: { readonly count: number }): JSX.Element {
  return (
    <Show when={props.count > 0}>
      <A class="button waiting" href="/approvals" title={say('waiting', { n: props.count })}>
        <span aria-hidden="true">▲ {props.count}</span>
        <span class="visually-hidden">{say('waiting', { n: props.count })}</span>
      </A>
    </Show>
  )
}
