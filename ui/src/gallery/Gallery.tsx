import { A, useSearchParams } from '@solidjs/router'
import { createSignal, For, Show, type JSX, type ParentProps } from 'solid-js'
import { AccessStates } from '../access/states.tsx'
import { ApprovalStates } from '../approvals/states.tsx'
import { Outcome } from '../audit/Outcome.tsx'
import { TrailStates } from '../audit/states.tsx'
import { BackupStates } from '../backup/states.tsx'
import { card as containerCard, columns as containerColumns } from '../containers/columns.tsx'
import { Checklist } from '../enrolment/Checklist.tsx'
import { EarlierLine, Line } from '../enrolment/Line.tsx'
import { FileStates } from '../files/states.tsx'
import { Meter } from '../hosts/columns.tsx'
import { HostCard } from '../hosts/HostCard.tsx'
import { Troubles } from '../hosts/HostDetail.tsx'
import { HostStates } from '../hosts/states.tsx'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { FilterBar } from '../kit/FilterBar.tsx'
import { keyOf } from '../kit/fleet-window.ts'
import { Grid } from '../kit/Grid.tsx'
import { act, ConfirmByName, CopyButton, Empty, ErrorBox, NoPermission, Note, Skeleton, StateMark, tell } from '../kit/kit.tsx'
import { Menu } from '../kit/Menu.tsx'
import { Chart } from '../metrics/Chart.tsx'
import { dataOf, hostCharts } from '../metrics/charts.ts'
import { Lost, Newer } from '../shell/Banner.tsx'
import { earlierLine, errors, hosts, lines, metrics, outcomes, rows } from './samples.ts'
import { IdentityStates } from '../identities/states.tsx'
import { SecretStates } from '../secrets/states.tsx'
import { SettingStates } from '../settings/states.tsx'
import { TokenStates } from '../tokens/states.tsx'
import { RuleStates } from '../rules/states.tsx'
import { UpdateStates } from '../updates/states.tsx'

const nothing = () => undefined
const states = ['ok', 'busy', 'warn', 'critical', 'off', 'unknown', 'stale'] as const

/** Every part of the console in every state, from fixed samples: to look at, and for tests to photograph. `?only=` shows one. */
export function Gallery(): JSX.Element {
  const [search] = useSearchParams<{ only?: string }>()
  const shown = () => Object.entries(sections).filter(([name]) => search.only === undefined || search.only === name)
  return (
    <>
      <div class="head">
        <h1>{t('gallery.title')}</h1>
        <span class="grow dim">{t('gallery.intro')}</span>
        <A href="/gallery">{t('gallery.all')}</A>
      </div>
      <For each={shown()}>
        {([name, Section]) => (
          <section class="gallery-part" data-part={name}>
            <h2>{name}</h2>
            <Section />
          </section>
        )}
      </For>
    </>
  )
}

function Case(props: ParentProps<{ readonly name: string }>): JSX.Element {
  return (
    <div class="case">
      <p class="dim mono">{props.name}</p>
      <div>{props.children}</div>
    </div>
  )
}

const sections: Readonly<Record<string, () => JSX.Element>> = {
  states: () => (
    <p class="row">
      <For each={states}>{(state) => <StateMark state={state} />}</For>
    </p>
  ),
  buttons: () => (
    <p class="row">
      <button type="button">{t('keys.open')}</button>
      <button type="button" class="primary">
        {t('confirm')}
      </button>
      <button type="button" class="danger">
        {t('containers.remove')}
      </button>
      <button type="button" disabled>
        {t('cancel')}
      </button>
      <CopyButton text="sample" label={t('error.copy')} />
    </p>
  ),
  banners: () => (
    <>
      <Lost sinceMs={Date.now() - 5000} manual={false} onRetry={nothing} />
      <Lost sinceMs={Date.now() - 20_000} manual onRetry={nothing} />
      <Newer />
    </>
  ),
  notes: () => <For each={states}>{(state) => <Note state={state}>{t(`state.${state}`)}</Note>}</For>,
  errors: () => (
    <For each={errors}>
      {(error) => (
        <Case name={error.code}>
          <ErrorBox what={t('error.what.hosts')} error={error} onRetry={nothing} />
        </Case>
      )}
    </For>
  ),
  empty: () => (
    <>
      <Case name="empty">
        <Empty text={t('containers.empty')}>
          <code>docker run -d --name web nginx</code>
        </Empty>
      </Case>
      <Case name="filtered">
        <Empty text={t('containers.none')}>
          <p>
            <code>state:exited</code>
          </p>
          <button type="button">{t('containers.clear')}</button>
        </Empty>
      </Case>
      <Case name="denied">
        <NoPermission permission="hosts:manage" />
      </Case>
      <Case name="loading">
        <Skeleton lines={4} />
      </Case>
    </>
  ),
  filter: () => (
    <>
      <Case name="typed">
        <FilterBar
          value="state:exited -name:test"
          placeholder={t('containers.filter')}
          names={['state']}
          values={async () => []}
          onChange={nothing}
        />
      </Case>
      <Case name="unreadable">
        <FilterBar
          value=""
          placeholder={t('hosts.filter')}
          names={['state']}
          values={async () => []}
          unknown={{ name: 'stat', nearest: 'state', mended: 'state:ok' }}
          onChange={nothing}
        />
      </Case>
    </>
  ),
  table: () => <Table />,
  menu: () => (
    <p class="row">
      <Menu
        label={t('grid.actions')}
        items={[
          { label: t('containers.restart'), key: 'r', run: nothing },
          { label: t('containers.stop'), reason: t('bulk.skip.offline'), run: nothing },
          { label: t('containers.remove'), danger: true, begins: true, run: nothing },
        ]}
      />
      <DialogCase />
      <button type="button" onClick={() => tell(t('containers.done', { action: t('containers.stop') }), false, nothing)}>
        {t('gallery.notice')}
      </button>
      <button type="button" onClick={() => void act(t('containers.stop'), () => Promise.reject(errors[0]))}>
        {t('gallery.badNotice')}
      </button>
    </p>
  ),
  confirm: () => (
    <ConfirmByName name="web" question={t('containers.removeAsk')} action={t('containers.remove')} onCancel={nothing} onConfirm={nothing} />
  ),
  meters: () => (
    <div class="cards">
      <For each={[undefined, 0, 0.42, 0.97]}>
        {(part) => (
          <div class="card">
            <Meter part={part} text={String(part)} />
          </div>
        )}
      </For>
    </div>
  ),
  hosts: () => (
    <>
      <div class="cards">
        <For each={Object.values(hosts)}>{(host) => <HostCard host={host} />}</For>
      </div>
      <For each={Object.values(hosts)}>{(host) => <Troubles host={host} />}</For>
    </>
  ),
  charts: () => (
    <div class="charts">
      <For each={hostCharts}>{(spec) => <Chart spec={spec} data={dataOf(metrics, spec)} spanMs={2 * 3_600_000} />}</For>
    </div>
  ),
  enrolment: () => (
    <>
      <For each={Object.entries(lines)}>
        {([name, [invitation, progress]]) => (
          <Case name={name}>
            <Line invitation={invitation} progress={progress} />
            <Checklist progress={progress} />
          </Case>
        )}
      </For>
      <Case name="earlier">
        <EarlierLine line={earlierLine} progress={lines.refused[1]} busy={false} onReplace={() => undefined} />
      </Case>
    </>
  ),
  access: () => <AccessStates />,
  host: () => <HostStates />,
  tokens: () => <TokenStates />,
  files: () => <FileStates />,
  updates: () => <UpdateStates />,
  rules: () => <RuleStates />,
  identities: () => <IdentityStates />,
  secrets: () => <SecretStates />,
  settings: () => <SettingStates />,
  backup: () => <BackupStates />,
  approvals: () => <ApprovalStates />,
  trail: () => <TrailStates />,
  outcomes: () => (
    <p class="row">
      <For each={outcomes}>{(row) => <Outcome row={row} />}</For>
    </p>
  ),
}

function Table(): JSX.Element {
  const [current, setCurrent] = createSignal(1)
  const chosen = new Set([keyOf(rows[2]!)])
  return (
    <div class="with-peek" style={{ height: '330px' }}>
      <Grid
        label={t('containers.title')}
        columns={containerColumns.slice(0, 7)}
        count={rows.length + 1}
        at={(index) => rows[index]}
        keyOf={keyOf}
        card={containerCard}
        current={current()}
        isSelected={(key) => chosen.has(key)}
        isStale={(row) => row.staleMs !== undefined}
        begins={(index) => index === 6}
        sort={['-name', 'cpu']}
        onSort={nothing}
        onResize={nothing}
        onCurrent={setCurrent}
        onOpen={nothing}
        onShow={nothing}
        onHold={nothing}
      />
    </div>
  )
}

function DialogCase(): JSX.Element {
  const [open, setOpen] = createSignal(false)
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {t('gallery.dialog')}
      </button>
      <Show when={open()}>
        <Dialog title={t('gallery.dialog')} onClose={() => setOpen(false)}>
          <p>{t('gallery.intro')}</p>
          <p class="row">
            <span class="grow" />
            <button type="button" class="primary" data-first onClick={() => setOpen(false)}>
              {t('done')}
            </button>
          </p>
        </Dialog>
      </Show>
    </>
  )
}
