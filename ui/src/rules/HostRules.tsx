import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { RuleSet, RulesState } from '@fairlead/protocol/features/rules.ts'
import { ask, follow } from '../api/api.ts'
import { ago, time } from '../i18n/i18n.ts'
import { Part } from '../kit/ask.tsx'
import { Empty, ErrorBox, Note, NoPermission, plain, StateMark } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import { Editing } from './Editing.tsx'
import { actWords, heldWords, say, whyWords } from './words.ts'

export type HostRulesNow = Awaited<ReturnType<typeof askHost>>
const askHost = (host: string) => ask('rules.host', { host })

/** What a host does by itself, what is set for it, and what it did. */
export function HostRules(props: { readonly host: string; readonly hostName: string; readonly offline: boolean }): JSX.Element {
  return (
    <Show when={may('rules:read')} fallback={<NoPermission permission="rules:read" />}>
      <Asked {...props} />
    </Show>
  )
}

function Asked(props: { readonly host: string; readonly hostName: string; readonly offline: boolean }): JSX.Element {
  const set = createLoaded<HostRulesNow | undefined>('rules:read', undefined, () => askHost(props.host))
  const [live, setLive] = createSignal<RulesState>()
  const silent = createMemo(() => props.offline || set.now()?.reason === 'old')
  const stream = createStream(
    () => `${props.host} ${silent()}`,
    async (_key, signal) => {
      setLive(undefined)
      if (silent()) return
      for await (const state of follow('rules.watch', { host: props.host }, signal)) {
        setLive(state as RulesState)
        // It has other rules than were told: those that were waited for, or somebody else's.
        if (state.counter !== set.now()?.state?.counter) void set.load()
      }
    },
  )
  async function save(rules: RuleSet): Promise<void> {
    await ask('rules.setHost', { host: props.host, rules })
    await set.load()
  }
  return (
    <Part of={set} what={say('error')} lines={8}>
      {(now) => (
        <Show when={now()}>
          {(known) => (
            <>
              <Show when={stream.error()}>{(error) => <ErrorBox what={say('error.watch')} error={error()} onRetry={stream.retry} />}</Show>
              <HostRulesView
                host={{ id: props.host, name: props.hostName }}
                offline={props.offline}
                now={{ ...known(), state: live() ?? known().state }}
                save={save}
              />
            </>
          )}
        </Show>
      )}
    </Part>
  )
}

export function HostRulesView(props: {
  readonly host: { readonly id: string; readonly name: string }
  readonly offline: boolean
  readonly now: HostRulesNow
  readonly save: (rules: RuleSet) => Promise<unknown>
}): JSX.Element {
  const heal = createMemo(() => both(props.now.own.heal, props.now.inherited.heal), undefined, { equals: isSame })
  const prune = createMemo(() => both(props.now.own.prune, props.now.inherited.prune), undefined, { equals: isSame })
  return (
    <>
      <p class="dim">{say('intro')}</p>
      <Standing offline={props.offline} now={props.now} />
      <Editing
        own={props.now.own}
        heal={heal()}
        prune={prune()}
        environment={props.now.environment.name}
        state={props.now.state}
        hosts={props.offline || props.now.reason === 'old' ? [] : [props.host]}
        save={props.save}
      />
      <Show when={props.now.state}>{(state) => <Done state={state()} />}</Show>
    </>
  )
}

function both<R extends { readonly name: string }>(own: readonly R[], inherited: readonly R[]) {
  const names = new Set(own.map(({ name }) => name))
  return [
    ...own.map((rule) => ({ ...rule, from: 'host' as const })),
    ...inherited.filter(({ name }) => !names.has(name)).map((rule) => ({ ...rule, from: 'environment' as const })),
  ]
}

/** Rows that are made anew take the focus from whoever is at their buttons. */
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** What of it does not hold at this moment, and why. */
function Standing(props: { readonly offline: boolean; readonly now: HostRulesNow }): JSX.Element {
  return (
    <>
      <Show when={props.now.reason === 'old'}>
        <Note state="warn">{say('old')}</Note>
      </Show>
      <Show when={props.offline && props.now.reason !== 'old'}>
        <Note state="stale">{say('offline')}</Note>
      </Show>
      <Show when={!props.offline && props.now.state !== null && !props.now.current}>
        <Note state="busy">{say('waits')}</Note>
      </Show>
      <For each={props.now.state === null ? [] : heldWords(props.now.state)}>{(words) => <Note state="warn">{words}</Note>}</For>
      <Show when={(props.now.state?.gaveUp.length ?? 0) > 0}>
        <Note state="critical">
          <p>
            <strong>{say('gaveUp')}</strong> {say('gaveUp.hint')}
          </p>
          <ul>
            <For each={props.now.state?.gaveUp}>
              {(one) => (
                <li title={plain(one.id)}>
                  <strong>{plain(one.name)}</strong>{' '}
                  <span class="dim">{say('gaveUp.since', { time: ago(one.sinceMs), rule: plain(one.rule) })}</span>
                </li>
              )}
            </For>
          </ul>
        </Note>
      </Show>
    </>
  )
}

const looks = { ok: 'ok', failed: 'critical', held: 'warn', gave_up: 'critical' } as const

function Done(props: { readonly state: RulesState }): JSX.Element {
  return (
    <section>
      <h2>{say('acts')}</h2>
      <Show when={props.state.acts.length > 0} fallback={<Empty text={say('acts.none')} />}>
        <Table label={say('acts')} heads={[say('time'), say('what'), say('rule'), '']} rows={props.state.acts}>
          {(act) => (
            <tr>
              <td class="dim">{time(act.timeMs)}</td>
              <td class="why" title={plain(act.target)}>
                <StateMark state={looks[act.outcome]} word={actWords(act)} />
              </td>
              <td class="why">{plain(act.rule)}</td>
              <td class="why dim">{whyWords(act)}</td>
            </tr>
          )}
        </Table>
      </Show>
    </section>
  )
}
