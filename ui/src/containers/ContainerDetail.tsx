import { A, useNavigate, useParams } from '@solidjs/router'
import { createEffect, createMemo, createResource, createSignal, For, lazy, on, Match, Show, Suspense, Switch, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import { ago, bytes, cores, t, time } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { createEngines, silentEngine } from '../kit/engines.ts'
import { writeTerm } from '../kit/filter.ts'
import { act, ConfirmByName, CopyButton, Empty, ErrorBox, NoPermission, Note, plain, Skeleton } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { createFleetPage } from '../kit/live.ts'
import { TabStrip } from '../kit/Tabs.tsx'
import { labelOf, reasonAgainst, type Verb } from './actions.ts'
import { isOld, State } from './columns.tsx'
import { ContainerStats } from './ContainerStats.tsx'
import { shutReason } from '../terminals/shut.ts'
import { factLabel } from './Peek.tsx'
import { doIt } from './perform.ts'
import { Rename } from './Rename.tsx'
import { renameReason } from './rename.ts'
import { otherFacts, stateWord, stateWords, statusWord } from './words.ts'

const Logs = lazy(async () => ({ default: (await import('../logs/LogView.tsx')).LogView }))
const TerminalTab = lazy(async () => ({ default: (await import('../terminals/TerminalView.tsx')).TerminalView }))

const tabs = ['overview', 'logs', 'terminal', 'stats', 'inspect'] as const
/** What a tab shows is read with a permission of its own. */
const needs: Readonly<Record<string, string>> = { logs: 'containers:logs', terminal: 'terminals:open', inspect: 'containers:inspect' }
const lacked = (tab: string) => (needs[tab] === undefined || may(needs[tab]) ? undefined : needs[tab])

/** One container: what it is and does, its log, a terminal in it. */
export function ContainerDetail(): JSX.Element {
  const params = useParams<{ host: string; id: string; tab?: string }>()
  const { state, error, retry } = createFleetPage(() => ({
    kind: 'container',
    filter: `host:${params.host} id:${params.id}`,
    sort: 'name',
    offset: 0,
    limit: 1,
  }))
  const row = () => state.rows[0]
  createEngines()
  const [asking, setAsking] = createSignal(false)
  const [renaming, setRenaming] = createSignal(false)
  const navigate = useNavigate()
  // Figures change all the time: only another container, or another name of it, is told to its log.
  const source = createMemo(
    () => [{ host: params.host, id: params.id, name: row()?.name ?? params.id.slice(0, 12), hostName: row()?.hostName ?? params.host }],
    undefined,
    { equals: ([a], [b]) => a?.host === b?.host && a?.id === b?.id && a?.name === b?.name && a?.hostName === b?.hostName },
  )
  const on = () => ({ host: params.host, id: params.id })
  const gone = () => state.ready && row() === undefined
  async function remove(): Promise<void> {
    if (await act(t('containers.remove'), () => ask('containers.remove', { ...on(), force: true }))) navigate('/containers')
  }

  return (
    <>
      <div class="head">
        <h1>{plain(row()?.name ?? params.id.slice(0, 12))}</h1>
        <Show when={row()}>{(now) => <State row={now()} />}</Show>
        <A class="dim" href={`/hosts/${params.host}`}>
          {plain(row()?.hostName ?? '')}
        </A>
        <span class="grow" />
        <Show when={row()}>{(now) => <Actions row={now()} onRename={() => setRenaming(true)} onRemove={() => setAsking(true)} />}</Show>
      </div>
      <Show when={error()}>{(now) => <ErrorBox what={t('error.what.container')} error={now()} onRetry={retry} />}</Show>
      <Show when={row()}>{(now) => <Troubles row={now()} />}</Show>
      <Show when={gone()}>
        <Note state="off">
          <p>
            {t('containers.gone')} <A href={`/containers?filter=host:${params.host}`}>{t('containers.others')}</A>
          </p>
        </Note>
      </Show>
      <Show when={renaming() && row()}>{(now) => <Rename row={now()} onClose={() => setRenaming(false)} />}</Show>
      <Show when={asking()}>
        <ConfirmByName
          name={row()?.name ?? ''}
          question={t('containers.removeAsk')}
          action={t('containers.remove')}
          onCancel={() => setAsking(false)}
          onConfirm={() => void remove()}
        />
      </Show>
      <TabStrip>
        <For each={tabs.filter((tab) => lacked(tab) === undefined)}>
          {(tab) => (
            <A href={`/containers/${params.host}/${params.id}${tab === 'overview' ? '' : `/${tab}`}`} end>
              {t(`tab.${tab}`)}
            </A>
          )}
        </For>
      </TabStrip>
      <Switch>
        <Match when={lacked(params.tab ?? '')}>{(permission) => <NoPermission permission={permission()} />}</Match>
        <Match when={params.tab === 'logs'}>
          <Show when={state.ready} fallback={<Skeleton lines={12} />}>
            <Logs sources={source()} />
          </Show>
        </Match>
        <Match when={params.tab === 'terminal'}>
          <Show when={state.ready} fallback={<Skeleton lines={10} />}>
            <TerminalOf host={params.host} id={params.id} row={row()} />
          </Show>
        </Match>
        <Match when={params.tab === 'stats'}>
          <ContainerStats host={params.host} id={params.id} row={row()} />
        </Match>
        <Match when={params.tab === 'inspect'}>
          <Suspense fallback={<Skeleton lines={14} />}>
            <Inspect host={params.host} id={params.id} />
          </Suspense>
        </Match>
        <Match when={row()}>{(now) => <Facts row={now()} />}</Match>
        <Match when={!state.ready && error() === undefined}>
          <Skeleton lines={10} />
        </Match>
      </Switch>
    </>
  )
}

/** Its terminal; of one that does not run, or that is shut, no shell is asked for in vain, nor a try written down. */
function TerminalOf(props: { readonly host: string; readonly id: string; readonly row: FleetRow | undefined }): JSX.Element {
  const runs = () => props.row === undefined || props.row.status === 'running'
  const closed = () => {
    const why = props.row === undefined ? undefined : shutReason(props.row)
    return why === 'terminal.shut.offline' ? undefined : why
  }
  const opens = () => runs() && closed() === undefined
  // A screen that is there stays with what it shows when its container ends, or its host shuts it.
  const [shown, setShown] = createSignal(opens())
  createEffect(on([() => props.host, () => props.id], () => setShown(opens()), { defer: true }))
  createEffect(() => opens() && setShown(true))
  const verb = () => (props.row?.status === 'paused' ? 'unpause' : 'start')
  return (
    <Show
      when={shown()}
      fallback={
        <Empty text={closed() === undefined ? say('terminal.notRunning', { state: statusWord(props.row?.status ?? '') }) : say(closed()!)}>
          <Show when={props.row !== undefined && reasonAgainst(verb(), props.row) === undefined && props.row}>
            {(row) => (
              <button type="button" class="primary" onClick={() => doIt(verb(), row())}>
                {t(labelOf(verb()))}
              </button>
            )}
          </Show>
        </Empty>
      }
    >
      <TerminalTab host={props.host} id={props.id} />
    </Show>
  )
}

const shownVerbs = ['start', 'unpause', 'restart', 'pause', 'stop'] as const

/** What fits its state, at once; what does not fit is not shown, what is not allowed says why. */
function Actions(props: { readonly row: FleetRow; readonly onRename: () => void; readonly onRemove: () => void }): JSX.Element {
  const reason = (verb: Verb) => reasonAgainst(verb, props.row)
  const unnamed = () => renameReason(props.row)
  const shut = () => shutReason(props.row)
  const navigate = useNavigate()
  const params = useParams()
  return (
    <>
      <Show when={props.row.status === 'running' && params['tab'] !== 'terminal'}>
        <button
          type="button"
          disabled={shut() !== undefined}
          title={shut() === undefined ? undefined : say(shut()!)}
          onClick={() => navigate(`/containers/${props.row.host}/${props.row.id}/terminal`)}
        >
          {say('terminal.open')}
        </button>
      </Show>
      <For each={shownVerbs.filter((verb) => reason(verb) !== 'bulk.skip.state')}>
        {(verb) => (
          <button
            type="button"
            disabled={reason(verb) !== undefined}
            title={reason(verb) === undefined ? undefined : t(reason(verb)!)}
            onClick={() => doIt(verb, props.row)}
          >
            {t(labelOf(verb))}
          </button>
        )}
      </For>
      <button
        type="button"
        disabled={unnamed() !== undefined}
        title={unnamed() === undefined ? undefined : t(unnamed()!)}
        onClick={() => props.onRename()}
      >
        {t('rename.menu')}
      </button>
      <button
        type="button"
        class="danger"
        disabled={reason('remove') !== undefined}
        title={reason('remove') === undefined ? undefined : t(reason('remove')!)}
        onClick={() => props.onRemove()}
      >
        {t('containers.remove')}
      </button>
    </>
  )
}

/** What is wrong with it, in words, and what to look at. */
function Troubles(props: { readonly row: FleetRow }): JSX.Element {
  const denied = () => reasonAgainst('restart', props.row) === 'bulk.skip.permission'
  return (
    <>
      <Show when={props.row.staleMs}>
        {(since) => <Note state="stale">{t('peek.stale', { host: plain(props.row.hostName), age: ago(since()) })}</Note>}
      </Show>
      <Show when={props.row.staleMs === undefined && silentEngine(props.row.host)}>
        {(engine) => (
          <Note state="stale">
            {t('containers.silentHere', { host: plain(props.row.hostName) })} {plain(engine().problem)}
          </Note>
        )}
      </Show>
      <Show when={!isOld(props.row) && (props.row.state === 'critical' || props.row.state === 'warn')}>
        <Note state={props.row.state}>
          <strong>{stateWord(props.row)}</strong> {stateWords(props.row)}{' '}
          <A href={`/containers/${props.row.host}/${props.row.id}/logs`}>{t('containers.seeLogs')}</A>
        </Note>
      </Show>
      <Show when={denied()}>
        <Note state="off">{t('denied.actions')}</Note>
      </Show>
    </>
  )
}

function Facts(props: { readonly row: FleetRow }): JSX.Element {
  return (
    <div class="columns" classList={{ old: isOld(props.row) }}>
      <section class="box">
        <h2>{t('metrics.now')}</h2>
        <dl class="figures">
          <dt>{t('containers.state')}</dt>
          <dd title={props.row.sinceMs > 0 ? time(props.row.sinceMs) : undefined}>
            {[statusWord(props.row.status), stateWords(props.row)].filter(Boolean).join(' · ')}
          </dd>
          <dt>{t('containers.cpu')}</dt>
          <dd>{props.row.cpu === undefined ? t('stats.na') : cores(props.row.cpu)}</dd>
          <dt>{t('containers.memory')}</dt>
          <dd>
            {props.row.memoryBytes === undefined ? t('stats.na') : bytes(props.row.memoryBytes)}
            <Show when={props.row.memoryLimitBytes}>{(limit) => ` / ${bytes(limit())}`}</Show>
          </dd>
          <dt>{t('containers.created')}</dt>
          <dd title={time(props.row.createdMs)}>{props.row.createdMs > 0 ? t('since.ended', { age: ago(props.row.createdMs) }) : '–'}</dd>
        </dl>
      </section>
      <section class="box">
        <h2>{t('containers.what')}</h2>
        <dl>
          <For each={otherFacts(props.row)}>
            {([name, value]) => (
              <>
                <dt>{factLabel(name)}</dt>
                <dd class="mono">
                  <Show when={name === 'stack'} fallback={plain(String(value))}>
                    <A href={`/containers?filter=${encodeURIComponent(writeTerm('stack', String(value)))}`}>{plain(String(value))}</A>
                  </Show>
                </dd>
              </>
            )}
          </For>
          <dt>{t('containers.id')}</dt>
          <dd>
            <code>{props.row.id}</code> <CopyButton text={props.row.id} label={t('error.copy')} />
          </dd>
        </dl>
      </section>
    </div>
  )
}

function Inspect(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [answer, { refetch }] = createResource(() => ask('containers.inspect', { host: props.host, id: props.id }))
  return (
    <Show
      when={answer.error === undefined}
      fallback={<ErrorBox what={t('error.what.inspect')} error={answer.error} onRetry={() => void refetch()} />}
    >
      <Show when={answer()} fallback={<Skeleton lines={14} />}>
        {(now) => {
          const text = () => JSON.stringify(now().document, null, 2)
          return (
            <>
              <p class="row">
                <span class="grow dim">{t('inspect.hint')}</span>
                <CopyButton text={text()} label={t('error.copy')} />
              </p>
              <pre class="box document" tabindex="0">
                {plain(text())}
              </pre>
            </>
          )
        }}
      </Show>
    </Show>
  )
}
