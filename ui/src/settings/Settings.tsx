import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { Setting } from '@fairlead/protocol/features/settings.ts'
import { holdsWords } from '../kit/filter.ts'
import { ask } from '../api/api.ts'
import { Backups } from '../backup/Backups.tsx'
import { createBackup } from '../backup/backup.ts'
import { HeldBox } from '../backup/Held.tsx'
import { say as backupWords } from '../backup/words.ts'
import { PolicyFields } from '../approvals/PolicyFields.tsx'
import { say as approvalWords } from '../approvals/words.ts'
import { Locked, Part } from '../kit/ask.tsx'
import { act, Empty } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { FilterField } from '../kit/SearchField.tsx'
import { w } from '../logins/words.ts'
import { HubTable } from './HubTable.tsx'
import { RemoveOrganization } from './RemoveOrganization.tsx'
import { TlsBox } from './TlsBox.tsx'
import { tls as tlsWords } from './tls-words.ts'
import { Choice, SettingRow, TextValue } from './rows.tsx'
import { lengthWords, say, sayIfKnown, type Word } from './words.ts'

const lengths = {
  'logins.idle': [15, 30, 60, 240, 480, 720, 1440, 2880, 10_080],
  'logins.life': [60, 240, 480, 720, 1440, 2880, 10_080],
} as const
const policies = ['optional', 'admins', 'everyone'] as const
const groups: Readonly<Record<string, readonly string[]>> = {
  organization: ['organization.name', 'organization.language'],
  logins: ['factors.policy', 'logins.idle', 'logins.life'],
}

/** What the organization chose, and what the hub was started with; each with where it comes from. */
export function Settings(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string }>()
  const settings = createLoaded<readonly Setting[]>('settings:read', [], () => ask('settings.get', {}))
  const hub = createLoaded<readonly Setting[]>('hub:settings', [], () => ask('settings.hub', {}))
  const filter = () => search.filter ?? ''
  const fits = ({ name, value, from }: Setting) => holdsWords([name, sayIfKnown(name) ?? '', String(value ?? ''), from], filter())
  const found = createMemo(() => [...(settings.now() ?? []), ...(hub.now() ?? [])].filter(fits))
  const one = (name: string) => found().find((setting) => setting.name === name)
  const inGroup = (names: readonly string[]) => names.flatMap((name) => one(name) ?? [])
  const https = () => may('hub:settings') && holdsWords([tlsWords('title'), tlsWords('missing'), 'TLS certificate ACME'], filter())
  const removal = () => holdsWords([say('remove.title'), 'remove'], filter())
  const twoPeople = () => holdsWords([approvalWords('policy.title'), 'approval'], filter())
  const backup = createBackup()
  const backups = () => may('hub:settings') && holdsWords([backupWords('title'), 'backup restore confirm'], filter())
  return (
    <>
      <div class="head">
        <h1>{say('title')}</h1>
      </div>
      <div class="bar">
        <FilterField label={say('search')} value={filter()} onInput={(filter) => setSearch({ filter }, { replace: true })} />
      </div>
      <Show when={backup.now()?.held}>{(held) => <HeldBox held={held()} />}</Show>
      <Part of={settings} what={say('error')}>
        {() => (
          <>
            <Locked permission="organization:manage" />
            <For each={Object.entries(groups)}>
              {([group, names]) => (
                <Show when={inGroup(names).length > 0}>
                  <section class="box settings">
                    <h2>{say(`group.${group}` as Word)}</h2>
                    <For each={inGroup(names)}>{(setting) => <Row setting={setting} onChanged={() => void settings.load()} />}</For>
                    <Show when={group === 'logins'}>
                      <p class="dim">{say('logins.what')}</p>
                    </Show>
                  </section>
                </Show>
              )}
            </For>
          </>
        )}
      </Part>
      <Show when={twoPeople()}>
        <PolicyFields />
      </Show>
      <Show when={https()}>
        <TlsBox />
      </Show>
      <Show when={may('hub:settings')}>
        <Part of={hub} what={say('error.hub')}>
          {() => <HubTable settings={found().filter(({ name }) => name.startsWith('hub.'))} />}
        </Part>
      </Show>
      <Show when={backups()}>
        <Backups backup={backup} />
      </Show>
      <Show when={may('organization:manage') && removal()}>
        <RemoveOrganization />
      </Show>
      <Show when={settings.now() !== undefined && found().length === 0 && !removal() && !twoPeople() && !https() && !backups()}>
        <Empty text={say('none')} />
      </Show>
    </>
  )
}

/** One that is changed here: kept as soon as it is chosen. */
function Row(props: { readonly setting: Setting; readonly onChanged: () => void }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const label = () => sayIfKnown(props.setting.name) ?? props.setting.name
  async function save(run: () => Promise<unknown>): Promise<void> {
    setBusy(true)
    await act(label(), run)
    setBusy(false)
    props.onChanged()
  }
  const locked = () => props.setting.source === 'env' || props.setting.source === 'file'
  const disabled = (permission: string) => busy() || locked() || !may(permission)
  const field = () => {
    const { name, value } = props.setting
    switch (name) {
      case 'organization.name':
        return (
          <TextValue
            label={label()}
            value={String(value)}
            disabled={disabled('organization:manage')}
            onSave={(next) => void save(() => ask('organizations.rename', { name: next }))}
          />
        )
      case 'organization.language':
        return (
          <Choice
            label={label()}
            value={String(value ?? '')}
            options={[
              ['', say('language.none')],
              ['en', say('language.en')],
              ['fr', say('language.fr')],
            ]}
            disabled={disabled('organization:manage')}
            onChoose={(next) => void save(() => ask('settings.update', { language: next === '' ? null : (next as 'en' | 'fr') }))}
          />
        )
      case 'factors.policy':
        return (
          <Choice
            label={label()}
            value={String(value)}
            options={policies.map((one) => [one, w(`policy.${one}`)])}
            disabled={disabled('accounts:manage')}
            onChoose={(next) => void save(() => ask('factors.setPolicy', { secondFactor: next as (typeof policies)[number] }))}
          />
        )
      default:
        return (
          <LengthValue
            setting={props.setting}
            label={label()}
            disabled={disabled('organization:manage')}
            onChoose={(next) =>
              void save(() => ask('settings.update', name === 'logins.idle' ? { loginIdleMinutes: next } : { loginLifeMinutes: next }))
            }
          />
        )
    }
  }
  return (
    <SettingRow label={label()} setting={props.setting}>
      {field()}
    </SettingRow>
  )
}

function LengthValue(props: {
  readonly setting: Setting
  readonly label: string
  readonly disabled: boolean
  readonly onChoose: (minutes: number | null) => void
}): JSX.Element {
  const usual = () => (props.setting.name === 'logins.idle' ? 720 : 1440)
  const offered = () => {
    const all: readonly number[] = lengths[props.setting.name as keyof typeof lengths] ?? []
    const now = Number(props.setting.value)
    return all.includes(now) || props.setting.source === 'default' ? all : [...all, now].sort((a, b) => a - b)
  }
  return (
    <Choice
      label={props.label}
      value={props.setting.source === 'default' ? '' : String(props.setting.value)}
      options={[
        ['', say('by.default', { time: lengthWords(usual()) })],
        ...offered().map((minutes): readonly [string, string] => [String(minutes), lengthWords(minutes)]),
      ]}
      disabled={props.disabled}
      onChoose={(next) => props.onChoose(next === '' ? null : Number(next))}
    />
  )
}
