import { useNavigate } from '@solidjs/router'
import { createEffect, createMemo, createSignal, createUniqueId, For, onCleanup, Show, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Organization } from '@fairlead/protocol/features/organizations.ts'
import { chooseLanguage, t } from '../i18n/i18n.ts'
import { act, plain, StateMark } from '../kit/kit.tsx'
import { writeTerm } from '../kit/filter.ts'
import { may } from '../kit/me.ts'
import { createFind, createLists, waitFor } from './find.ts'
import { fitting, scopeOf, type Offer } from './palette.ts'
import { places } from './places.ts'
import { chooseTheme } from './UserMenu.tsx'

interface Entry extends Offer {
  readonly row?: FleetRow
  readonly host?: Host
}

const mostShown = 14

interface PaletteProps {
  readonly onSwitch: () => void
  readonly onEnter: (organization: string) => Promise<void>
  readonly onClose: () => void
  readonly onOut: () => void
  readonly onKeys: () => void
}

/** Go to anything, do anything: pages and actions from here, hosts, tags and containers from the hub. */
export function Palette(props: PaletteProps): JSX.Element {
  const id = createUniqueId()
  const [text, setText] = createSignal('')
  const find = createFind(text)
  const { hosts, organizations, listed, lists } = createLists()
  const [current, setCurrent] = createSignal(0)
  const navigate = useNavigate()
  const before = document.activeElement as HTMLElement | null
  let closed = false
  onCleanup(() => {
    closed = true
    before?.focus()
  })

  createEffect(() => {
    text()
    setCurrent(0)
  })

  const go = (path: string) => () => navigate(path)
  const pages = createMemo((): Entry[] =>
    places().map(([, label, path, , needs]) => ({
      label: t(label),
      kind: t('palette.page'),
      words: needs.join(' ').replaceAll(/:\w+/g, ''),
      run: go(path),
    })),
  )
  const actions = createMemo((): Entry[] => {
    const kind = t('palette.action')
    const all: Entry[] = [
      { label: t('keys.title'), kind, words: 'help shortcuts', run: props.onKeys },
      { label: t('theme.dark'), kind, words: 'theme', run: () => chooseTheme('dark') },
      { label: t('theme.light'), kind, words: 'theme', run: () => chooseTheme('light') },
      { label: t('theme.system'), kind, words: 'theme', run: () => chooseTheme('system') },
      { label: 'English', kind, words: 'language langue', run: () => chooseLanguage('en') },
      { label: 'Français', kind, words: 'language langue', run: () => chooseLanguage('fr') },
      { label: t('nav.profile'), kind, words: 'account password passkey', run: go('/profile') },
      { label: t('nav.approvals'), kind, words: 'approve second person', run: go('/approvals') },
      { label: t('nav.organizations'), kind, words: 'tenant', run: props.onSwitch },
      { label: t('nav.signOut'), kind, words: 'log out', run: props.onOut },
    ]
    if (may('hosts:read')) all.unshift({ label: t('nav.updates'), kind, words: 'upgrade release version wave', run: go('/updates') })
    return may('hosts:enrol') ? [{ label: t('hosts.enrol'), kind, words: 'add', run: go('/hosts/enrol') }, ...all] : all
  })
  const tags = createMemo(() => tagsOf(hosts(), go))
  const machines = createMemo((): Entry[] =>
    hosts().map((host) => ({
      label: plain(host.name),
      words: host.tags.join(' '),
      kind: t('palette.host'),
      host,
      run: go(`/hosts/${host.id}`),
    })),
  )
  const others = createMemo(() => enterings(organizations(), props.onEnter))
  const found = createMemo((): Entry[] =>
    find.rows().map((row) => ({ label: plain(row.name), kind: plain(row.hostName), row, run: go(`/containers/${row.host}/${row.id}`) })),
  )
  const entries = createMemo((): readonly Entry[] => {
    const { scope, words } = scopeOf(text())
    if (scope === 'actions') return fitting(actions(), words) as Entry[]
    if (scope === 'hosts') return (fitting(machines(), words) as Entry[]).slice(0, mostShown)
    if (scope === 'tags') return (fitting(tags(), words) as Entry[]).slice(0, mostShown)
    if (words === '') return [...pages(), ...actions()]
    return [
      ...(fitting([...pages(), ...machines(), ...others()], words) as Entry[]).slice(0, 6),
      ...found(),
      ...(fitting(actions(), words) as Entry[]).slice(0, 4),
    ].slice(0, mostShown)
  })

  function choose(entry: Entry | undefined): void {
    if (entry === undefined) return
    props.onClose()
    entry.run()
  }

  /** Nothing that the hub may still find comes before it. */
  const stands = (entry: Entry | undefined) => listed() && entry !== undefined && entry.row === undefined && !actions().includes(entry)

  /** Who types faster than the hub answers means what they typed, not what was found before it; who walked to an entry means that one. */
  async function enter(): Promise<void> {
    const [typed, entry] = [text(), entries()[current()]]
    if (current() > 0 || stands(entry)) return choose(entry)
    await waitFor([find.settled(), lists])
    if (!closed && text() === typed && current() === 0) choose(entries()[0])
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') props.onClose()
    else if (event.key === 'Enter') void enter()
    else if (event.key === 'ArrowDown') setCurrent((n) => Math.min(n + 1, entries().length - 1))
    else if (event.key === 'ArrowUp') setCurrent((n) => Math.max(n - 1, 0))
    else if (event.key !== 'Tab') return
    event.preventDefault()
  }
  createEffect(() => document.getElementById(`${id}-${current()}`)?.scrollIntoView({ block: 'nearest' }))

  return (
    <div class="palette" onClick={(event) => event.target === event.currentTarget && props.onClose()} role="presentation">
      <div role="dialog" aria-modal="true" aria-label={t('palette.open')}>
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={entries().length > 0 ? `${id}-${current()}` : undefined}
          aria-label={t('palette.placeholder')}
          placeholder={t('palette.placeholder')}
          value={text()}
          maxlength="256"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKey}
          ref={(input) => queueMicrotask(() => input.focus())}
        />
        <ul id={id} role="listbox" aria-label={t('palette.open')}>
          <For each={entries()}>
            {(entry, index) => (
              <li
                id={`${id}-${index()}`}
                role="option"
                aria-selected={index() === current()}
                class={index() === current() ? 'current' : ''}
                onPointerMove={() => setCurrent(index())}
                onClick={() => choose(entry)}
              >
                <Show when={entry.row ?? entry.host}>
                  <StateMark
                    state={entry.row === undefined ? entry.host!.state : entry.row.staleMs === undefined ? entry.row.state : 'stale'}
                    word=""
                  />
                </Show>
                <span class="grow clip">{entry.label}</span>
                <span class="dim">{entry.kind}</span>
              </li>
            )}
          </For>
        </ul>
        <Show when={entries().length === 0}>
          <p class="dim none">{t('palette.none')}</p>
        </Show>
        <p class="dim hint">{t('palette.hint')}</p>
      </div>
    </div>
  )
}

/** Organizations to go over to; where one is already leads nowhere. */
function enterings(all: readonly Organization[], onEnter: PaletteProps['onEnter']): Entry[] {
  return all
    .filter(({ current }) => !current)
    .map(({ id, name }) => ({
      label: plain(name),
      words: 'organization organisation',
      kind: t('palette.organization'),
      run: () => void act(plain(name), () => onEnter(id), true),
    }))
}

function tagsOf(hosts: readonly Host[], go: (path: string) => () => void): Entry[] {
  return [...new Set(hosts.flatMap((host) => host.tags))].map((tag) => ({
    label: `#${plain(tag)}`,
    kind: t('palette.tag'),
    run: go(`/containers?filter=${encodeURIComponent(writeTerm('tag', tag))}`),
  }))
}
