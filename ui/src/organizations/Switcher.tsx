import { createSignal, For, Show, type JSX } from 'solid-js'
import type { Organization } from '@fairlead/protocol/features/organizations.ts'
import { holdsWords } from '../kit/filter.ts'
import { ask, fetchJson, proven } from '../api/api.ts'
import { NameDialog, Part } from '../kit/ask.tsx'
import { Dialog } from '../kit/Dialog.tsx'
import { act, plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { say } from '../settings/words.ts'

/** From how many on a filter is of use. */
const many = 8

/** The login goes on there under another cookie, and the console begins anew: nothing of the one before stays in the page. */
export async function enterOrganization(id: string): Promise<void> {
  await proven('organizations.enter', () => fetchJson('POST', `/organizations/${id}/enter`))
  location.assign('/')
}

/** Those that one belongs to; another one is made by who runs the hub. */
export function Switcher(props: { readonly onClose: () => void }): JSX.Element {
  const all = createLoaded<readonly Organization[]>(undefined, [], () => ask('organizations.list', {}))
  const [filter, setFilter] = createSignal('')
  const [making, setMaking] = createSignal(false)
  const shown = () => (all.now() ?? []).filter(({ name }) => holdsWords([name], filter()))
  async function make(name: string): Promise<void> {
    const { id } = await ask('organizations.create', { name })
    await enterOrganization(id)
  }
  const enter = ({ id, name }: Organization) => void act(say('switch.enter', { name: plain(name) }), () => enterOrganization(id), true)
  return (
    <Show
      when={!making()}
      fallback={<NameDialog title={say('switch.make')} action={say('switch.make')} send={make} onClose={() => setMaking(false)} />}
    >
      <Dialog title={say('switch.title')} onClose={props.onClose}>
        <Part of={all} what={say('error.organizations')} lines={3}>
          {(found) => (
            <>
              <Show when={found().length >= many}>
                <label class="field">
                  {say('switch.filter')}
                  <input data-first type="search" autocomplete="off" onInput={(event) => setFilter(event.currentTarget.value)} />
                </label>
              </Show>
              <ul class="switcher">
                <For each={shown()} fallback={<li class="dim">{say('switch.unfit')}</li>}>
                  {(one) => (
                    <li>
                      <button
                        type="button"
                        aria-current={one.current ? 'true' : undefined}
                        disabled={one.current}
                        onClick={() => enter(one)}
                      >
                        {plain(one.name)}
                        <Show when={one.current}>
                          <span class="dim"> ({say('switch.here')})</span>
                        </Show>
                      </button>
                    </li>
                  )}
                </For>
              </ul>
              <Show when={found().length === 1}>
                <p class="dim">{say('switch.only')}</p>
              </Show>
            </>
          )}
        </Part>
        <Show when={may('hub:organizations')}>
          <p class="dim">{say('switch.makeWhat')}</p>
          <button type="button" onClick={() => setMaking(true)}>
            {say('switch.make')}
          </button>
        </Show>
      </Dialog>
    </Show>
  )
}
