import { createResource, createSignal, createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Reach } from '@fairlead/protocol/features/roles.ts'
import { findTagFault } from '@fairlead/protocol/tags.ts'
import { ask } from '../api/api.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { TagFault } from '../kit/TagFault.tsx'
import type { Book } from './book.ts'
import { say } from './words.ts'

const kinds = ['organization', 'environment', 'host', 'tag'] as const
export type Kind = (typeof kinds)[number]

/** Where a role is to hold, while somebody chooses. */
export function createReach() {
  const [on, setOn] = createSignal<Kind>('organization')
  const [target, setTarget] = createSignal('')
  const fault = () => (on() === 'tag' && target() !== '' ? findTagFault([target()]) : undefined)
  return {
    on,
    target,
    setTarget,
    fault,
    setOn(kind: Kind): void {
      setOn(kind)
      setTarget('')
    },
    /** undefined: not chosen yet. */
    reach(): Reach | undefined {
      const kind = on()
      if (kind === 'organization') return { on: kind }
      return target() === '' || fault() !== undefined ? undefined : { on: kind, target: target() }
    },
  }
}

type ReachChoice = ReturnType<typeof createReach>

/** Everywhere, an environment, one host, or whatever hosts have a tag. */
export function ReachFields(props: { readonly book: Book; readonly choice: ReachChoice; readonly kinds?: readonly Kind[] }): JSX.Element {
  const id = createUniqueId()
  const [hosts, { refetch }] = createHostNames(() => props.choice.on() === 'host' || props.choice.on() === 'tag')
  const known = () => (hosts.error === undefined ? (hosts.latest ?? []) : [])
  const tags = () => [...new Set(known().flatMap((host) => host.tags))].sort()
  return (
    <>
      <label class="field">
        {say('grants.where')}
        <select value={props.choice.on()} onChange={(event) => props.choice.setOn(event.currentTarget.value as Kind)}>
          <For each={props.kinds ?? kinds}>{(kind) => <option value={kind}>{say(`where.${kind}`)}</option>}</For>
        </select>
      </label>
      <Show when={props.choice.on() === 'environment'}>
        <Pick label={say('explain.place')} choice={props.choice} options={props.book.environments.now() ?? []} />
      </Show>
      <Show when={props.choice.on() === 'host'}>
        <Pick label={say('explain.place')} choice={props.choice} options={known()} />
        <Show when={hosts.state === 'ready' && known().length === 0}>
          <p class="dim">{say('where.noHosts')}</p>
        </Show>
      </Show>
      <Show when={props.choice.on() === 'tag'}>
        <label class="field">
          {say('where.tagName')}
          <input
            list={`${id}-tags`}
            autocomplete="off"
            spellcheck={false}
            maxlength="63"
            required
            aria-invalid={props.choice.fault() !== undefined}
            aria-describedby={`${id}-bad`}
            value={props.choice.target()}
            onInput={(event) => props.choice.setTarget(event.currentTarget.value.trim())}
          />
        </label>
        <datalist id={`${id}-tags`}>
          <For each={tags()}>{(tag) => <option value={tag} />}</For>
        </datalist>
        <TagFault id={`${id}-bad`} fault={props.choice.fault()} />
      </Show>
      <Show when={hosts.error !== undefined}>
        <ErrorBox what={say('error.hosts')} error={hosts.error} onRetry={() => void refetch()} />
      </Show>
    </>
  )
}

/** The hosts by name, asked for once somebody needs them. */
export function createHostNames(wanted: () => boolean) {
  return createResource(wanted, async (): Promise<readonly Host[]> => {
    const all = await ask('hosts.list', {})
    return all.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
  })
}

function Pick(props: {
  readonly label: string
  readonly choice: ReachChoice
  readonly options: readonly { readonly id: string; readonly name: string }[]
}): JSX.Element {
  return (
    <label class="field">
      {props.label}
      <select required onChange={(event) => props.choice.setTarget(event.currentTarget.value)}>
        <option value="">{say('where.choose')}</option>
        <For each={props.options}>
          {({ id, name }) => (
            <option value={id} selected={id === props.choice.target()}>
              {plain(name)}
            </option>
          )}
        </For>
      </select>
    </label>
  )
}
