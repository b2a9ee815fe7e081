import { useSearchParams } from '@solidjs/router'
import { createEffect, createResource, createSignal, For, on, onCleanup, Show, Suspense, type JSX } from 'solid-js'
import type { EnrolProgress, Invitation, MadeLine } from '@fairlead/protocol/features/enrolment.ts'
import { originFault } from '@fairlead/protocol/origin.ts'
import { readTags, type TagFault as Fault } from '@fairlead/protocol/tags.ts'
import { ask, follow } from '../api/api.ts'
import type { Key } from '../i18n/en.ts'
import { t } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { ErrorBox, NoPermission, plain, Skeleton } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { TagFault } from '../kit/TagFault.tsx'
import { createUnsaved } from '../kit/unsaved.ts'
import { Checklist } from './Checklist.tsx'
import { EarlierLine, Line } from './Line.tsx'
import { OpenLines } from './OpenLines.tsx'
import { say } from './words.ts'

const lifetimes = [900, 3600, 86_400] as const

/**
 * One line to paste, and what becomes of it, live: of a new host, or of one that is named in the address and is to get another key.
 * `bare`: within another page, without a heading of its own.
 */
export function Enrol(props: { readonly bare?: boolean }): JSX.Element {
  const [params] = useSearchParams<{ host?: string }>()
  const again = () => (props.bare === true ? undefined : params.host)
  const [host, { refetch }] = createResource(again, (id) => ask('hosts.get', { host: id }))
  const unknown = () => host.error !== undefined
  return (
    <>
      <Show when={props.bare !== true}>
        <div class="head">
          <h1>
            <Show when={again() !== undefined} fallback={say('title')}>
              {say('anew', { name: plain(unknown() ? (again() ?? '') : (host()?.name ?? '')) })}
            </Show>
          </h1>
        </div>
      </Show>
      <Show when={may('hosts:enrol')} fallback={<NoPermission permission="hosts:enrol" />}>
        <Suspense fallback={<Skeleton lines={6} />}>
          <Show when={!unknown()} fallback={<ErrorBox error={host.error} onRetry={() => void refetch()} />}>
            <Wizard host={again()} />
          </Show>
        </Suspense>
      </Show>
    </>
  )
}

/** The hub's own addresses are offered; another may be typed. */
function AddressField(props: {
  readonly all: readonly { readonly url: string; readonly note: string }[]
  readonly bad: 'form' | 'http' | undefined
}): JSX.Element {
  return (
    <>
      <label class="field">
        {say('address')}
        <input
          name="address"
          list="addresses"
          required
          maxlength="512"
          aria-invalid={props.bad !== undefined}
          aria-describedby="enrol-address-bad"
          value={props.all[0]?.url ?? ''}
        />
        <small>{say('addressHint')}</small>
      </label>
      <datalist id="addresses">
        <For each={props.all}>{({ url, note }) => <option value={url}>{said(note)}</option>}</For>
      </datalist>
      <div id="enrol-address-bad" role="alert">
        <Show when={props.bad}>{(why) => <p class="state-critical">{say(`bad.${why()}`)}</p>}</Show>
      </div>
    </>
  )
}

/** Where there is one, there is nothing to choose. */
function EnvironmentField(props: {
  readonly all: readonly { readonly id: string; readonly name: string }[]
  readonly usual: string | undefined
}): JSX.Element {
  return (
    <Show when={props.all.length > 1}>
      <label class="field">
        {t('hosts.environment')}
        <select name="environment">
          <For each={props.all}>
            {({ id, name }) => (
              <option value={id} selected={id === props.usual}>
                {plain(name)}
              </option>
            )}
          </For>
        </select>
      </label>
    </Show>
  )
}

/** Which line is waited for stands in the address: a reload, or another person with the link, goes on watching it. */
function Wizard(props: { readonly host: string | undefined }): JSX.Element {
  const [params, setParams] = useSearchParams<{ line?: string }>()
  const [addresses, { refetch }] = createResource(() => ask('enrolment.addresses', {}))
  // Whoever may enrol in one alone says which.
  const [environments] = createResource(() => ask('environments.list', {}).catch(() => []))
  const usual = () => (environments() ?? []).find(({ name }) => name === 'default') ?? environments()?.[0]
  const [made, setMade] = createSignal<Invitation>()
  const [lines, setLines] = createSignal<readonly MadeLine[]>([])
  const [progress, setProgress] = createSignal<EnrolProgress>()
  const [failure, setFailure] = createSignal<{ readonly what: Key; readonly error: unknown }>()
  const [badAddress, setBadAddress] = createSignal<'form' | 'http'>()
  const [tagFault, setTagFault] = createSignal<Fault>()
  const [busy, setBusy] = createSignal(false)
  const unsaved = createUnsaved()
  let form!: HTMLFormElement
  const watched = () => params.line ?? ''
  const invitation = () => (made()?.id === watched() ? made() : undefined)
  const earlier = () => (invitation() === undefined ? lines().find(({ id }) => id === watched()) : undefined)
  const others = () => lines().filter(({ id, state }) => state === 'open' && id !== watched())

  const look = () => ask('enrolment.list', {}).then(setLines, (error: unknown) => setFailure({ what: 'error.what.lines', error }))
  // Again whenever the one that is watched is used or over.
  createEffect(on(() => [watched(), progress()?.used, progress()?.canceled, progress()?.expired], look))
  createEffect(
    on(watched, (id) => {
      setProgress(undefined)
      if (id === '') return
      const leaving = new AbortController()
      onCleanup(() => leaving.abort())
      void watch(id, leaving.signal)
    }),
  )

  async function watch(id: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const now of follow('enrolment.watch', { id }, signal)) setProgress(now)
    } catch (error) {
      setFailure({ what: 'error.what.watch', error })
    }
  }

  /** `tags`: those of the line that this one takes the place of. */
  async function make(tags: readonly string[] = []): Promise<void> {
    const fields = new FormData(form)
    const read = readTags(String(fields.get('tags') ?? ''))
    setTagFault(read.fault)
    const address = String(fields.get('address')).trim()
    setBadAddress(originFault(address))
    if (badAddress() !== undefined) return fieldOf('address').focus()
    if (read.fault !== undefined) return fieldOf('tags').focus()
    setFailure(undefined)
    setBusy(true)
    try {
      const environment = String(fields.get('environment') ?? usual()?.id ?? '')
      const place = environment === '' ? {} : { environment }
      const asked = { address, ttlSeconds: Number(fields.get('ttl')) }
      const { host } = props
      const invited =
        host === undefined
          ? await ask('enrolment.invite', { ...place, ...asked, tags: [...(read.tags.length > 0 ? read.tags : tags)] })
          : await ask('enrolment.rejoin', { ...asked, host })
      setMade(invited)
      unsaved.saved()
      setParams({ line: invited.id })
    } catch (error) {
      setFailure({ what: 'error.what.line', error })
    }
    setBusy(false)
  }

  const fieldOf = (name: string) => form.elements.namedItem(name) as HTMLInputElement

  async function replace(line: MadeLine): Promise<void> {
    // One that was used or canceled meanwhile lets nobody in any more either.
    await ask('enrolment.cancel', { id: line.id }).catch(() => undefined)
    await make(line.tags)
  }

  function forgetErrors(): void {
    setFailure(undefined)
    setBadAddress((before) => before && originFault(fieldOf('address').value.trim()))
    setTagFault((before) => before && readTags(fieldOf('tags')?.value ?? '').fault)
  }

  return (
    <>
      <form
        class="box form wizard"
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
        onInput={forgetErrors}
        ref={(element) => {
          form = element
          unsaved.watch(element)
        }}
      >
        <Show when={props.host !== undefined}>
          <p>{say('anewWhat')}</p>
        </Show>
        <h2>1. {say('where')}</h2>
        <AddressField all={addresses.error === undefined ? (addresses() ?? []) : []} bad={badAddress()} />
        <Show when={addresses.error !== undefined}>
          <ErrorBox what={t('error.what.addresses')} error={addresses.error} onRetry={() => void refetch()} />
        </Show>
        <div class="two">
          <Show when={props.host === undefined}>
            <label class="field">
              {t('hosts.tags')}
              <input name="tags" maxlength="4096" aria-invalid={tagFault() !== undefined} aria-describedby="enrol-tags-bad" />
              <small>{t('hosts.tagsHint')}</small>
            </label>
          </Show>
          <label class="field">
            {say('valid')}
            <select name="ttl">
              <For each={lifetimes}>{(seconds) => <option value={seconds}>{say(`ttl.${seconds}`)}</option>}</For>
            </select>
          </label>
        </div>
        <Show when={props.host === undefined}>
          <EnvironmentField all={environments() ?? []} usual={usual()?.id} />
        </Show>
        <TagFault id="enrol-tags-bad" fault={tagFault()} />
        <Show when={failure()}>{(now) => <ErrorBox what={t(now().what)} error={now().error} />}</Show>
        <p>
          <button type="submit" class={watched() === '' ? 'primary' : ''} disabled={busy()}>
            {busy() ? t('signIn.busy') : say(watched() === '' ? 'make' : 'again')}
          </button>
        </p>
      </form>
      <Show when={invitation()} keyed>
        {(now) => <Line invitation={now} progress={progress()} />}
      </Show>
      <Show when={earlier()}>
        {(line) => <EarlierLine line={line()} progress={progress()} busy={busy()} onReplace={() => void replace(line())} />}
      </Show>
      <Show when={invitation() ?? earlier()}>
        <Checklist progress={progress()} />
      </Show>
      <OpenLines lines={others()} onWatch={(id) => setParams({ line: id })} onChange={() => void look()} />
    </>
  )
}
