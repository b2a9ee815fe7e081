import { A, useNavigate, useSearchParams } from '@solidjs/router'
import { createSignal, For, Show, untrack, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { SecretDetails } from '@fairlead/protocol/features/secrets.ts'
import { ask } from '../api/api.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { AskDialog, Locked, Part, RemoveDialog } from '../kit/ask.tsx'
import { Empty, Note, plain, tell } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { ValueField } from './NewSecret.tsx'
import { createReveal, Revealed } from './Reveal.tsx'
import type { Shelf } from './Secrets.tsx'
import { Kept, whereOf } from './SecretTable.tsx'
import { say } from './words.ts'

const versionsKept = 10

/** One secret: its versions and who wrote them, what uses it; its value only to whoever reveals it. */
export function One(props: { readonly shelf: Shelf; readonly name: string }): JSX.Element {
  const [search] = useSearchParams<{ environment?: string }>()
  const which = () => ({ name: props.name, ...(search.environment === undefined ? {} : { environment: search.environment }) })
  const found = createLoaded<SecretDetails | null>('secrets:read', null, () =>
    ask('secrets.get', which()).catch((reason: unknown) => (codeOf(reason) === 'not_found' ? null : Promise.reject(reason))),
  )
  return (
    <Part of={found} what={say('error.one')}>
      {(now) => (
        <Show
          when={now()}
          fallback={
            <Empty text={say('one.gone')}>
              <A class="button" href="/secrets">
                {say('one.all')}
              </A>
            </Empty>
          }
        >
          {(secret) => <Shown shelf={props.shelf} secret={secret()} onChanged={() => void found.load()} />}
        </Show>
      )}
    </Part>
  )
}

/** As the hub is asked for it. */
const refOf = ({ name, environment }: SecretDetails) => ({ name, ...(environment === null ? {} : { environment }) })

function Shown(props: { readonly shelf: Shelf; readonly secret: SecretDetails; readonly onChanged: () => void }): JSX.Element {
  const [asking, setAsking] = createSignal<'write' | 'describe' | 'remove'>()
  const close = () => setAsking(undefined)
  const navigate = useNavigate()
  const reveal = createReveal(() => refOf(props.secret))
  const done = (label: string) => {
    close()
    tell(t('containers.done', { action: label }))
    props.onChanged()
    void props.shelf.secrets.load()
  }
  async function remove(): Promise<void> {
    await ask('secrets.remove', refOf(props.secret))
    done(say('remove', { name: props.secret.name }))
    navigate('/secrets')
  }
  const goes = () => [
    ...(props.secret.reference === null
      ? [say('remove.versions', { n: props.secret.versions.length, name: props.secret.name })]
      : [plain(props.secret.reference)]),
    ...props.secret.usedBy.map(({ name }) => say('remove.provider', { name })),
  ]
  return (
    <>
      <div class="head">
        <h2>{props.secret.name}</h2>
        <span class="tag">{whereOf(props.secret)}</span>
        <span class="grow" />
        <Show when={may('secrets:write')}>
          <Show when={props.secret.reference === null}>
            <button type="button" class="primary" onClick={() => setAsking('write')}>
              {say('write')}
            </button>
          </Show>
          <button type="button" onClick={() => setAsking('describe')}>
            {say('describe')}
          </button>
        </Show>
      </div>
      <Show when={props.secret.description !== ''}>
        <p>{plain(props.secret.description)}</p>
      </Show>
      <Show when={props.secret.orphaned}>
        <Note state="critical">{say('orphanedWhy')}</Note>
      </Show>
      <Locked permission="secrets:write" />
      <section class="box">
        <h2>{say('versions')}</h2>
        <ul class="plain-list versions">
          <Show
            when={props.secret.reference === null}
            fallback={
              <li class="row">
                <span class="grow">
                  <Kept secret={props.secret} /> <span class="dim">{say('reveal.elsewhere')}</span>
                </span>
                <RevealButtons name={props.secret.name} n={props.secret.version} reveal={reveal} />
              </li>
            }
          >
            <For each={props.secret.versions}>
              {({ version, createdMs, by }, place) => (
                <li class="row">
                  <strong>{say('version', { n: version })}</strong>
                  <Show when={place() === 0}>
                    <span class="tag">{say('newest')}</span>
                  </Show>
                  <span class="dim grow" title={time(createdMs)}>
                    {say('ageAgo', { age: ago(createdMs) })}, {by === '' ? say('gone') : plain(by)}
                  </span>
                  <RevealButtons name={props.secret.name} n={version} version={version} reveal={reveal} />
                </li>
              )}
            </For>
          </Show>
        </ul>
        <Show when={may('secrets:reveal')} fallback={<Locked permission="secrets:reveal" />}>
          <p class="dim">{say('reveal.audited')}</p>
        </Show>
      </section>
      <section class="box">
        <h2>{say('usedBy')}</h2>
        <For each={props.secret.usedBy} fallback={<p class="dim">{say('usedBy.none')}</p>}>
          {({ name }) => (
            <p>
              <A class="inline" href="/secrets/elsewhere">
                {say('usedBy.provider', { name })}
              </A>
            </p>
          )}
        </For>
      </section>
      <Show when={may('secrets:write')}>
        <section class="box">
          <p>{say(props.secret.reference === null ? 'remove.what' : 'remove.elsewhere')}</p>
          <button type="button" class="danger" onClick={() => setAsking('remove')}>
            {say('remove', { name: props.secret.name })}
          </button>
        </section>
      </Show>
      <Show when={reveal.shown()}>
        {(now) => <Revealed name={props.secret.name} shown={now()} leftSeconds={reveal.leftSeconds()} onClose={reveal.hide} />}
      </Show>
      <Show when={asking() === 'write'}>
        <WriteDialog secret={props.secret} onDone={() => done(say('write'))} onClose={close} />
      </Show>
      <Show when={asking() === 'describe'}>
        <DescribeDialog secret={props.secret} onDone={() => done(say('describe'))} onClose={close} />
      </Show>
      <Show when={asking() === 'remove'}>
        <RemoveDialog
          title={say('remove', { name: props.secret.name })}
          question={say('remove.goes')}
          goes={goes()}
          name={props.secret.name}
          send={remove}
          onClose={close}
        />
      </Show>
    </>
  )
}

function RevealButtons(props: {
  readonly name: string
  readonly n: number
  readonly version?: number
  readonly reveal: ReturnType<typeof createReveal>
}): JSX.Element {
  return (
    <Show when={may('secrets:reveal')}>
      <button
        type="button"
        aria-label={say('reveal.of', { name: props.name, n: props.n })}
        onClick={() => void props.reveal.show(props.version)}
      >
        {say('reveal')}
      </button>
      <button
        type="button"
        aria-label={say('copy.of', { name: props.name, n: props.n })}
        onClick={() => void props.reveal.copy(props.version)}
      >
        {say('copy')}
      </button>
    </Show>
  )
}

interface Changing {
  readonly secret: SecretDetails
  readonly onDone: () => void
  readonly onClose: () => void
}

function WriteDialog(props: Changing): JSX.Element {
  const [value, setValue] = createSignal('')
  const send = async () => {
    await ask('secrets.write', { ...refOf(props.secret), value: value() })
    props.onDone()
  }
  return (
    <AskDialog
      title={`${say('write')}: ${props.secret.name}`}
      action={say('write')}
      disabled={value() === ''}
      send={send}
      onClose={props.onClose}
    >
      <ValueField onValue={setValue} />
      <p class="dim">{say('write.what', { n: versionsKept })}</p>
    </AskDialog>
  )
}

function DescribeDialog(props: Changing): JSX.Element {
  const [description, setDescription] = createSignal(untrack(() => props.secret.description))
  const send = async () => {
    await ask('secrets.describe', { ...refOf(props.secret), description: description().trim() })
    props.onDone()
  }
  return (
    <AskDialog title={say('describe')} action={t('hosts.save')} send={send} onClose={props.onClose}>
      <label class="field">
        {say('description')}
        <input
          data-first
          maxlength="512"
          autocomplete="off"
          value={description()}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </label>
    </AskDialog>
  )
}
