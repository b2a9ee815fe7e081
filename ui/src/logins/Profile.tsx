import { createSignal, lazy, onMount, Show, type JSX, type ParentProps } from 'solid-js'
import type { Factors, Notice } from '@fairlead/protocol/features/factors.ts'
import type { Login } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { ErrorBox, Note, Notices as Told, plain, Skeleton } from '../kit/kit.tsx'
import { me } from '../kit/me.ts'
import { Codes, ShownCodes } from './Codes.tsx'
import { Logins, Notices } from './Logins.tsx'
import { Passkeys } from './Passkeys.tsx'
import { Password } from './Password.tsx'
import { Totp } from './Totp.tsx'
import { w } from './words.ts'

const OwnIdentities = lazy(async () => ({ default: (await import('../identities/OwnIdentities.tsx')).OwnIdentities }))
const OwnTokens = lazy(async () => ({ default: (await import('../tokens/OwnTokens.tsx')).OwnTokens }))

interface Own {
  readonly factors: Factors
  readonly logins: readonly Login[]
  readonly notices: readonly Notice[]
}

/** One's own account: by what it is held, where it is signed in, what happened to it. */
export function Profile(): JSX.Element {
  const [own, setOwn] = createSignal<Own>()
  const load = async () => {
    const [factors, logins, notices] = await Promise.all([
      fetchJson<Factors>('GET', '/factors'),
      fetchJson<readonly Login[]>('GET', '/logins'),
      fetchJson<readonly Notice[]>('GET', '/factors/notices'),
    ])
    setOwn({ factors, logins, notices })
  }
  return (
    <>
      <div class="head">
        <h1>{w('title')}</h1>
        <span class="grow dim clip">
          {plain(me()?.name ?? '')} · {plain(me()?.email ?? '')}
        </span>
      </div>
      <Show
        when={me()?.provider?.own !== false}
        fallback={<Note state="unknown">{w('through', { provider: plain(me()!.provider!.name) })}</Note>}
      >
        <Seconds load={load} factors={own()?.factors}>
          {(reload) => (
            <Show when={own()}>
              {(now) => (
                <>
                  <Show when={me()?.provider?.own !== true}>
                    <Password on={{ changed: reload, drawn: () => undefined }} />
                  </Show>
                  <Logins logins={now().logins} onChanged={reload} />
                  <OwnIdentities />
                  <OwnTokens />
                  <Notices notices={now().notices} />
                </>
              )}
            </Show>
          )}
        </Seconds>
      </Show>
    </>
  )
}

/** All that is open to whoever must get a second factor first. */
export function MustEnrol(props: { readonly onDone: () => void }): JSX.Element {
  const [factors, setFactors] = createSignal<Factors>()
  const load = async () => {
    const now = await fetchJson<Factors>('GET', '/factors')
    setFactors(now)
    return now
  }
  return (
    <main class="must">
      <h1>{w('must.title')}</h1>
      <Note state="warn">{w('must.why')}</Note>
      <Seconds load={load} factors={factors()} onDone={props.onDone} />
      <Told />
    </main>
  )
}

/** The second factors, and the codes that come with the first of them. */
function Seconds(props: {
  readonly load: () => Promise<unknown>
  readonly factors: Factors | undefined
  /** Something was changed, and the codes that came with it are kept. */
  readonly onDone?: () => void
  readonly children?: (reload: () => void) => JSX.Element
}): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [codes, setCodes] = createSignal<readonly string[]>([])
  const reload = () => void props.load().then(() => setError(undefined), setError)
  const on = {
    changed() {
      reload()
      if (codes().length === 0) props.onDone?.()
    },
    drawn: (drawn: readonly string[]) => drawn.length > 0 && setCodes(drawn),
  } as const
  onMount(reload)
  return (
    <>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={reload} />}</Show>
      <Show when={codes().length > 0}>
        <ShownCodes
          codes={codes()}
          onKept={() => {
            setCodes([])
            props.onDone?.()
          }}
        />
      </Show>
      <Show when={props.factors} fallback={<Show when={error() === undefined}>{<Skeleton lines={12} />}</Show>}>
        {(now) => (
          <Sections>
            <Passkeys factors={now()} on={on} />
            <Totp factors={now()} on={on} />
            <Codes factors={now()} on={on} />
            {props.children?.(reload)}
          </Sections>
        )}
      </Show>
    </>
  )
}

function Sections(props: ParentProps): JSX.Element {
  return <div class="account">{props.children}</div>
}
