import { Route, Router } from '@solidjs/router'
import { batch, createEffect, createSignal, lazy, Match, on, onMount, Show, Suspense, Switch, type Component, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forTwo, rightsChanges, setForTwo, wanted } from './api/api.ts'
import { loadLanguage, t } from './i18n/i18n.ts'
import { Empty, ErrorBox, NoPermission, Skeleton } from './kit/kit.tsx'
import { may, setMe as tellMe } from './kit/me.ts'
import { Gate } from './logins/Gate.tsx'
import { Shell } from './shell/Shell.tsx'

const Overview = lazy(async () => ({ default: (await import('./overview/Overview.tsx')).Overview }))
const Hosts = lazy(async () => ({ default: (await import('./hosts/Hosts.tsx')).Hosts }))
const HostDetail = lazy(async () => ({ default: (await import('./hosts/HostDetail.tsx')).HostDetail }))
const Enrol = lazy(async () => ({ default: (await import('./enrolment/Enrol.tsx')).Enrol }))
const Containers = lazy(async () => ({ default: (await import('./containers/Containers.tsx')).Containers }))
const ContainerDetail = lazy(async () => ({ default: (await import('./containers/ContainerDetail.tsx')).ContainerDetail }))
const Logs = lazy(async () => ({ default: (await import('./logs/Logs.tsx')).Logs }))
const Terminals = lazy(async () => ({ default: (await import('./terminals/Terminals.tsx')).Terminals }))
const Activity = lazy(async () => ({ default: (await import('./audit/Activity.tsx')).Activity }))
const StepUp = lazy(async () => ({ default: (await import('./logins/StepUp.tsx')).StepUp }))
const Profile = lazy(async () => ({ default: (await import('./logins/Profile.tsx')).Profile }))
const MustEnrol = lazy(async () => ({ default: (await import('./logins/Profile.tsx')).MustEnrol }))
const Access = lazy(async () => ({ default: (await import('./access/Access.tsx')).Access }))
const Secrets = lazy(async () => ({ default: (await import('./secrets/Secrets.tsx')).Secrets }))
const Settings = lazy(async () => ({ default: (await import('./settings/Settings.tsx')).Settings }))
const Switcher = lazy(async () => ({ default: (await import('./organizations/Switcher.tsx')).Switcher }))
const enter = async (organization: string) => (await import('./organizations/Switcher.tsx')).enterOrganization(organization)
const Approvals = lazy(async () => ({ default: (await import('./approvals/Approvals.tsx')).Approvals }))
const AskApproval = lazy(async () => ({ default: (await import('./approvals/AskApproval.tsx')).AskApproval }))
const Waiting = lazy(async () => ({ default: (await import('./approvals/Waiting.tsx')).Waiting }))
const Updates = lazy(async () => ({ default: (await import('./updates/Updates.tsx')).Updates }))
const EnvironmentRules = lazy(async () => ({ default: (await import('./rules/EnvironmentRules.tsx')).EnvironmentRules }))
const HeldMark = lazy(async () => ({ default: (await import('./backup/Held.tsx')).HeldMark }))
const Join = lazy(async () => ({ default: (await import('./access/Join.tsx')).Join }))
const Gallery = lazy(async () => ({ default: (await import('./gallery/Gallery.tsx')).Gallery }))

/** A page for whoever may; begun anew when somebody gets the permission while it stands open. */
const guarded = (permission: string, Page: Component) => () => (
  <Show when={may(permission)} fallback={<NoPermission permission={permission} />}>
    <Page />
  </Show>
)

/** Who is here decides what is shown; then the address does. */
export function App(): JSX.Element {
  const [me, setMe] = createSignal<Me>()
  const [ended, setEnded] = createSignal(false)
  const [welcome, setWelcome] = createSignal<Welcome>()
  const [joining, setJoining] = createSignal(location.pathname === '/join')
  const [switching, setSwitching] = createSignal(false)
  const [error, setError] = createSignal<unknown>()
  const spoken = loadLanguage()
  createEffect(() => tellMe(me()))

  async function look(): Promise<void> {
    setError(undefined)
    try {
      const [welcomed, here] = await Promise.all([
        fetchJson<Welcome>('GET', '/welcome'),
        fetchJson<Me>('GET', '/me').catch((reason: unknown) => (codeOf(reason) === 'unauthenticated' ? undefined : Promise.reject(reason))),
        spoken,
      ])
      // Both at once: whoever is in is shown no way in, which would ask their passkey.
      batch(() => {
        setWelcome(welcomed)
        setMe(here)
      })
    } catch (reason) {
      setError(reason)
    }
  }
  onMount(() => void look())
  createEffect(on(rightsChanges, () => void look(), { defer: true }))

  /** Out: by choice, or because the login is over. The next one may find another hub than this one began with. */
  function leave(byChoice: boolean): void {
    setEnded(!byChoice)
    setMe(undefined)
    void look()
  }

  /** The secret of an invitation goes out of the address, and out of where Back leads, with the page that needed it. */
  function afterJoin(now?: Me): void {
    history.replaceState(null, '', '/')
    setJoining(false)
    if (now !== undefined) setMe(now)
  }

  return (
    <Switch fallback={<Skeleton />}>
      <Match when={error()}>
        {(now) => (
          <main class="gate">
            <ErrorBox what={t('error.what.hub')} error={now()} onRetry={() => void look()} />
          </main>
        )}
      </Match>
      <Match when={joining()}>
        <Suspense fallback={<Skeleton />}>
          <Join welcome={welcome()} me={me()} onIn={afterJoin} onLeave={afterJoin} />
        </Suspense>
      </Match>
      <Match when={me()?.mustEnrol}>
        <Suspense fallback={<Skeleton />}>
          <MustEnrol onDone={() => void look()} />
        </Suspense>
      </Match>
      <Match when={me()}>
        {(now) => (
          <Router
            root={(props) => (
              <>
                <Shell
                  me={now()}
                  onOut={leave}
                  onSwitch={() => setSwitching(true)}
                  onEnter={enter}
                  beside={
                    <>
                      <HeldMark />
                      <Waiting />
                    </>
                  }
                >
                  {props.children}
                </Shell>
                <Suspense>
                  <Show when={forTwo()}>{(asked) => <AskApproval asked={asked()} onClose={() => setForTwo(undefined)} />}</Show>
                  <Show when={switching()}>
                    <Switcher onClose={() => setSwitching(false)} />
                  </Show>
                  <Show when={wanted()}>{(asked) => <StepUp wanted={asked()} />}</Show>
                </Suspense>
              </>
            )}
          >
            <Route path="/" component={guarded('hosts:read', Overview)} />
            <Route path="/hosts" component={guarded('hosts:read', Hosts)} />
            <Route path="/hosts/enrol" component={Enrol} />
            <Route path="/hosts/:host/:tab?" component={guarded('hosts:read', HostDetail)} />
            <Route path="/environments/:environment/rules" component={guarded('rules:read', EnvironmentRules)} />
            <Route path="/containers" component={guarded('fleet:read', Containers)} />
            <Route path="/containers/:host/:id/:tab?" component={guarded('fleet:read', ContainerDetail)} />
            <Route path="/logs" component={guarded('containers:logs', Logs)} />
            <Route path="/terminals" component={guarded('terminals:read', Terminals)} />
            <Route path="/activity" component={Activity} />
            <Route path="/profile" component={Profile} />
            <Route path="/access/:tab?/:id?" component={Access} />
            <Route path="/secrets/:tab?/:id?" component={guarded('secrets:read', Secrets)} />
            <Route path="/settings" component={guarded('settings:read', Settings)} />
            <Route path="/updates/:wave?" component={guarded('hosts:read', Updates)} />
            <Route path="/approvals" component={Approvals} />
            <Route path="/gallery" component={Gallery} />
            <Route path="*" component={() => <Empty text={t('nav.nowhere')} />} />
          </Router>
        )}
      </Match>
      <Match when={welcome()}>{(now) => <Gate welcome={now()} ended={ended()} onIn={setMe} />}</Match>
    </Switch>
  )
}
