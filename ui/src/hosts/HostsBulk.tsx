import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { readTags } from '@fairlead/protocol/tags.ts'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { plain } from '../kit/kit.tsx'
import { showOperation, startOperation } from '../kit/operations.ts'
import { labelOf, planHosts, runOn, tagsAfter, type HostVerb } from './bulk.ts'
import { NewTags, OldTags } from './TagFields.tsx'

const mostListed = 500

/** Tags for many hosts, or their removal: what will happen to which, before it does. */
export function HostsBulk(props: {
  readonly verb: HostVerb
  readonly hosts: readonly Host[]
  /** Every tag of the fleet, to choose from. */
  readonly known: readonly string[]
  /** A host as it is now; undefined: it is gone. */
  readonly latest: (id: string) => Host | undefined
  readonly onClose: () => void
  readonly onStarted: () => void
}): JSX.Element {
  const [text, setText] = createSignal('')
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set())
  const [typed, setTyped] = createSignal('')
  const read = createMemo(() => readTags(text()))
  const tags = createMemo(() => (props.verb === 'tag' ? read().tags : [...chosen()]))
  const plan = createMemo(() => planHosts(props.verb, props.hosts, tags()))
  const danger = () => props.verb === 'revoke'
  /** One is named; of many, nobody types all names. */
  const word = () => (plan().hosts.length === 1 ? plan().hosts[0]!.name : String(plan().hosts.length))
  const ready = () =>
    plan().hosts.length > 0 &&
    (danger() ? typed().trim() === word() : tags().length > 0 && (props.verb === 'untag' || read().fault === undefined))
  const turn = (tag: string) =>
    setChosen((before) => {
      const next = new Set(before)
      if (!next.delete(tag)) next.add(tag)
      return next
    })

  function start(): void {
    if (!ready()) return
    // This dialog is gone before the last of them is done: nothing below may ask it anything.
    const { verb, latest } = props
    const asked = tags()
    const byId = new Map(plan().hosts.map((host) => [host.id, host]))
    const targets = [...byId].map(([key, { name }]) => ({ key, name, hostName: asked.join(' ') }))
    const id = startOperation(`${t(labelOf(verb))}: ${t('hosts.bulk.many', { n: targets.length })}`, targets, (key) =>
      runOn(verb, latest(key) ?? byId.get(key)!, asked),
    )
    props.onStarted()
    showOperation(id)
  }

  return (
    <Dialog title={t(labelOf(props.verb))} onClose={() => props.onClose()}>
      <form
        class="stacked"
        onSubmit={(event) => {
          event.preventDefault()
          start()
        }}
      >
        <Show when={props.verb === 'tag'}>
          <NewTags text={text()} fault={read().fault} known={props.known} onInput={setText} />
        </Show>
        <Show when={props.verb === 'untag'}>
          <OldTags hosts={props.hosts} chosen={chosen()} onTurn={turn} />
        </Show>
        <p>
          <strong>{t('hosts.bulk.many', { n: plan().hosts.length })}</strong>
          <For each={plan().skipped}>{({ reason, count }) => <span>; {t('bulk.skipped', { n: count, why: t(reason) })}</span>}</For>
        </p>
        <Show when={danger() && plan().hosts.length > 0}>
          <p class="state-critical">{t('hosts.bulk.revokeAsk')}</p>
        </Show>
        <Show when={plan().hosts.length > 0}>
          <Listed hosts={plan().hosts} verb={props.verb} tags={tags()} />
        </Show>
        <Show when={danger() && plan().hosts.length > 0}>
          <label class="field">
            {plan().hosts.length === 1 ? t('hosts.bulk.typeName', { name: plain(word()) }) : t('bulk.typeNumber', { n: word() })}
            <input
              data-first
              autocomplete="off"
              spellcheck={false}
              value={typed()}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        </Show>
        <div class="row">
          <span class="grow dim">{t('bulk.atOnce')}</span>
          <button type="button" onClick={() => props.onClose()}>
            {t('cancel')}
          </button>
          <button type="submit" class={danger() ? 'danger' : 'primary'} disabled={!ready()}>
            {t(labelOf(props.verb))}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Listed(props: { readonly hosts: readonly Host[]; readonly verb: HostVerb; readonly tags: readonly string[] }): JSX.Element {
  return (
    <ul class="listed" tabindex="0" aria-label={t('hosts.title')}>
      <For each={props.hosts.slice(0, mostListed)}>
        {(host) => (
          <li>
            {plain(host.name)}{' '}
            <span class="dim">
              {props.verb === 'revoke'
                ? t('hosts.count', { n: host.counts['container'] ?? 0 })
                : plain(tagsAfter(props.verb, host.tags, props.tags).join(' ') || '–')}
            </span>
          </li>
        )}
      </For>
      <Show when={props.hosts.length > mostListed}>
        <li class="dim">{t('bulk.more', { n: props.hosts.length - mostListed })}</li>
      </Show>
    </ul>
  )
}
