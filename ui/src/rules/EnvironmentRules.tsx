import { A, useParams } from '@solidjs/router'
import { Show, type JSX } from 'solid-js'
import type { RuleSet } from '@fairlead/protocol/features/rules.ts'
import { ask } from '../api/api.ts'
import { Part } from '../kit/ask.tsx'
import { plain } from '../kit/kit.tsx'
import { createHosts } from '../kit/live.ts'
import { createLoaded } from '../kit/loaded.ts'
import { Editing } from './Editing.tsx'
import type { Askable } from './Preview.tsx'
import { say } from './words.ts'

interface Known {
  readonly name: string
  readonly rules: RuleSet
  readonly hosts: { readonly all: number; readonly current: number; readonly old: number }
}

/** What each host of an environment does by itself. */
export function EnvironmentRules(): JSX.Element {
  const params = useParams<{ environment: string }>()
  const { state } = createHosts()
  const set = createLoaded<Known | undefined>('rules:read', undefined, async () => {
    const [environments, found] = await Promise.all([
      ask('environments.list', {}),
      ask('rules.environment', { environment: params.environment }),
    ])
    return { name: environments.find(({ id }) => id === params.environment)?.name ?? params.environment, ...found }
  })
  async function save(rules: RuleSet): Promise<void> {
    await ask('rules.setEnvironment', { environment: params.environment, rules })
    await set.load()
  }
  const online = () =>
    state.hosts.filter(({ environmentId, online }) => online && environmentId === params.environment).map(({ id, name }) => ({ id, name }))
  return (
    <Part of={set} what={say('error')} lines={8}>
      {(now) => <Show when={now()}>{(known) => <EnvironmentRulesView known={known()} hosts={online()} save={save} />}</Show>}
    </Part>
  )
}

export function EnvironmentRulesView(props: {
  readonly known: Known
  readonly hosts: readonly Askable[]
  readonly save: (rules: RuleSet) => Promise<unknown>
}): JSX.Element {
  const placed = <R extends object>(rules: readonly R[]) => rules.map((rule) => ({ ...rule, from: 'environment' as const }))
  return (
    <>
      <div class="head">
        <h1>{say('title', { name: plain(props.known.name) })}</h1>
        <A href="/access/environments">{say('back')}</A>
      </div>
      <p class="dim">{say('intro.environment')}</p>
      <p>
        {say('hosts.told', props.known.hosts)}{' '}
        <Show when={props.known.hosts.old > 0}>
          <span class="state-warn">{say('hosts.old', { n: props.known.hosts.old })}</span>
        </Show>
      </p>
      <Editing
        own={props.known.rules}
        heal={placed(props.known.rules.heal)}
        prune={placed(props.known.rules.prune)}
        environment=""
        hosts={props.hosts}
        save={props.save}
      />
    </>
  )
}
