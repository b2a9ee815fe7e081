import { A } from '@solidjs/router'
import { createSignal, createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Environment } from '@fairlead/protocol/features/environments.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, plain, tell } from '../kit/kit.tsx'
import { writeTerm } from '../kit/filter.ts'
import { createHosts } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import type { Book } from './book.ts'
import { Locked, NameDialog, RemoveDialog } from '../kit/ask.tsx'
import { Part } from './parts.tsx'
import { placeWords, roleWords } from './told.ts'
import { say } from './words.ts'

const mostNames = 6

/** Sets of hosts on which roles are given; each host is in one. */
export function Environments(props: { readonly book: Book }): JSX.Element {
  const hosts = createHosts()
  const [asking, setAsking] = createSignal<{ readonly what: 'make' | 'rename' | 'remove'; readonly of?: Environment }>()
  const close = () => setAsking(undefined)
  const id = createUniqueId()

  /** Its grants go with it, and they are listed before; one without any is back by Undo. */
  async function remove(environment: Environment): Promise<void> {
    const { id: gone, name } = environment
    if (!may('roles:read') || grantsIn(props.book, gone).length > 0) return void setAsking({ what: 'remove', of: environment })
    const undo = () => void act(t('undo'), () => ask('environments.create', { name })).then(props.book.reload)
    await act(`${say('remove')}: ${plain(name)}`, () => ask('environments.remove', { environment: gone }), false, undo)
    await props.book.reload()
  }

  return (
    <>
      <div class="bar">
        <p class="grow dim">
          {say('environments.intro')} {say('environments.move')}
        </p>
        <Show when={may('environments:manage')}>
          <button type="button" class="primary" onClick={() => setAsking({ what: 'make' })}>
            {say('environments.make')}
          </button>
        </Show>
      </div>
      <Locked permission="environments:manage" id={id} />
      <Part of={props.book.environments} what="error.environments">
        {(all) => (
          <EnvironmentTable
            environments={all()}
            hosts={hosts.state.hosts}
            onRename={(of) => setAsking({ what: 'rename', of })}
            onRemove={(of) => void remove(of)}
          />
        )}
      </Part>
      <Show when={asking()} keyed>
        {(now) => <Asked book={props.book} what={now.what} of={now.of} onClose={close} />}
      </Show>
    </>
  )
}

const grantsIn = (book: Book, environment: string) =>
  (book.grants.now() ?? []).filter(({ reach }) => reach.on === 'environment' && reach.target === environment)

function Asked(props: {
  readonly book: Book
  readonly what: 'make' | 'rename' | 'remove'
  readonly of: Environment | undefined
  readonly onClose: () => void
}): JSX.Element {
  const done = (label: string, undo?: () => Promise<unknown>) => {
    props.onClose()
    tell(t('containers.done', { action: label }), false, undo && (() => void act(t('undo'), undo).then(props.book.reload)))
    return props.book.reload()
  }
  async function name(next: string): Promise<void> {
    if (props.of === undefined) {
      const made = await ask('environments.create', { name: next })
      return done(`${say('environments.make')}: ${plain(next)}`, () => ask('environments.remove', { environment: made.id }))
    }
    const { id: environment, name: before } = props.of
    await ask('environments.rename', { environment, name: next })
    await done(`${say('rename')}: ${plain(before)} → ${plain(next)}`, () => ask('environments.rename', { environment, name: before }))
  }
  async function remove(): Promise<void> {
    const { id: environment, name: gone } = props.of!
    await ask('environments.remove', { environment })
    await done(`${say('remove')}: ${plain(gone)}`)
  }
  const goes = () =>
    grantsIn(props.book, props.of!.id).map(
      ({ holder, role, reach }) => `${plain(holder.name)}: ${roleWords(role.name)}, ${placeWords(reach)}`,
    )
  return (
    <Show
      when={props.what === 'remove'}
      fallback={
        <NameDialog
          title={props.of === undefined ? say('environments.make') : say('rename')}
          action={props.of === undefined ? say('environments.make') : t('hosts.save')}
          {...(props.of === undefined ? {} : { before: props.of.name })}
          send={name}
          onClose={props.onClose}
        />
      }
    >
      <RemoveDialog
        title={`${say('remove')}: ${plain(props.of!.name)}`}
        question={say('environments.removeAsk')}
        goes={goes()}
        name={props.of!.name}
        send={remove}
        onClose={props.onClose}
      />
    </Show>
  )
}

interface HostIn {
  readonly id: string
  readonly name: string
  readonly environmentId: string
}

export function EnvironmentTable(props: {
  readonly environments: readonly Environment[]
  readonly hosts: readonly HostIn[]
  readonly onRename: (of: Environment) => void
  readonly onRemove: (of: Environment) => void
}): JSX.Element {
  return (
    <div class="table" tabindex="0" role="region" aria-label={say('tab.environments')}>
      <table class="stack-phone environments">
        <thead>
          <tr>
            <th>{say('name')}</th>
            <th>{say('environments.hosts')}</th>
            <Show when={may('environments:manage')}>
              <th>{t('grid.actions')}</th>
            </Show>
          </tr>
        </thead>
        <tbody>
          <For each={props.environments}>
            {(environment) => (
              <tr>
                <td>
                  <strong>{plain(environment.name)}</strong>{' '}
                  <Show when={may('rules:read')}>
                    <A href={`/environments/${environment.id}/rules`} aria-label={`${t('tab.rules')}: ${plain(environment.name)}`}>
                      {t('tab.rules')}
                    </A>
                  </Show>
                </td>
                <td class="why">
                  <HostsIn environment={environment} hosts={props.hosts.filter(({ environmentId }) => environmentId === environment.id)} />
                </td>
                <Show when={may('environments:manage')}>
                  <td class="why">
                    <EnvironmentButtons
                      environment={environment}
                      last={props.environments.length === 1}
                      onRename={() => props.onRename(environment)}
                      onRemove={() => props.onRemove(environment)}
                    />
                  </td>
                </Show>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function HostsIn(props: { readonly environment: Environment; readonly hosts: readonly HostIn[] }): JSX.Element {
  const more = () => props.environment.hosts - Math.min(mostNames, props.hosts.length)
  return (
    <Show when={props.environment.hosts > 0} fallback={<span class="dim">{say('environments.noHosts')}</span>}>
      <span class="hosts-in">
        <For each={props.hosts.slice(0, mostNames)}>{({ id, name }) => <A href={`/hosts/${id}`}>{plain(name)}</A>}</For>
        <Show when={more() > 0}>
          <A href={`/hosts?filter=${encodeURIComponent(writeTerm('environment', props.environment.name))}`}>
            {props.hosts.length === 0 ? more() : say('environments.more', { n: more() })}
          </A>
        </Show>
      </span>
    </Show>
  )
}

function EnvironmentButtons(props: {
  readonly environment: Environment
  readonly last: boolean
  readonly onRename: () => void
  readonly onRemove: () => void
}): JSX.Element {
  const id = createUniqueId()
  const reason = () => (props.last ? say('environments.last') : props.environment.hosts > 0 ? say('environments.hasHosts') : undefined)
  return (
    <span class="row">
      <button type="button" aria-label={`${say('rename')}: ${plain(props.environment.name)}`} onClick={() => props.onRename()}>
        {say('rename')}
      </button>
      <button
        type="button"
        disabled={reason() !== undefined}
        aria-label={`${say('remove')}: ${plain(props.environment.name)}`}
        aria-describedby={id}
        onClick={() => props.onRemove()}
      >
        {say('remove')}
      </button>
      <small id={id} class="dim">
        {reason()}
      </small>
    </span>
  )
}
