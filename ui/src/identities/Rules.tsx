import { createSignal, For, Show, type JSX } from 'solid-js'
import type { Provider } from '@fairlead/protocol/features/identities.ts'
import { ask, fetchJson, proven } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { act, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import type { Book } from '../access/book.ts'
import { RoleField } from '../access/Grants.tsx'
import { createReach, ReachFields } from '../access/reach.tsx'
import { placeWords, roleWords } from '../access/told.ts'
import { faultOf, type Fault } from './fault.ts'
import { Text } from './Text.tsx'
import { say } from './words.ts'

interface Shown {
  readonly provider: Provider
  readonly onChanged: () => Promise<void>
}

/** Which group becomes which role, where. */
export function Rules(props: Shown & { readonly book: Book }): JSX.Element {
  const [adding, setAdding] = createSignal(false)
  return (
    <section class="box">
      <div class="head">
        <h2 class="grow">{say('rules.title')}</h2>
        <Show when={may('identities:manage')}>
          <button type="button" onClick={() => setAdding(true)}>
            {say('rules.add')}
          </button>
        </Show>
      </div>
      <p class="dim">{say('rules.intro')}</p>
      <RuleList {...props} />
      <Show when={adding()}>
        <RuleDialog book={props.book} provider={props.provider} onChanged={props.onChanged} onClose={() => setAdding(false)} />
      </Show>
    </section>
  )
}

export function RuleList(props: Shown): JSX.Element {
  const called = (group: string) => (group === '*' ? say('rules.everybody') : plain(group))
  async function remove(rule: string, group: string): Promise<void> {
    await act(say('rules.remove', { group: called(group) }), () => ask('identities.removeRule', { id: props.provider.id, rule }))
    await props.onChanged()
  }
  return (
    <Show when={props.provider.rules.length > 0} fallback={<p class="note note-warn">{say('rules.none')}</p>}>
      <ul class="grants">
        <For each={props.provider.rules}>
          {({ id, group, role, reach }) => (
            <li class="row">
              <span class="grow">
                <strong>{called(group)}</strong> → {roleWords(role.name)}, {placeWords(reach)}
              </span>
              <Show when={may('identities:manage')}>
                <button type="button" aria-label={say('rules.remove', { group: called(group) })} onClick={() => void remove(id, group)}>
                  {say('remove')}
                </button>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

function RuleDialog(props: Shown & { readonly book: Book; readonly onClose: () => void }): JSX.Element {
  const choice = createReach()
  const [group, setGroup] = createSignal('')
  const [role, setRole] = createSignal('viewer')
  const [fault, setFault] = createSignal<Fault>()
  async function send(): Promise<void> {
    const given = { group: group().trim(), role: role(), reach: choice.reach()! }
    await proven('identities.addRule', () => fetchJson('POST', `/identity-providers/${props.provider.id}/rules`, given))
    props.onClose()
    await props.onChanged()
  }
  return (
    <AskDialog
      title={say('rules.add')}
      action={say('rules.add')}
      disabled={group().trim() === '' || choice.reach() === undefined}
      atField={(error) => setFault(error === undefined ? undefined : faultOf(error, ['group'])) !== undefined}
      send={send}
      onClose={props.onClose}
    >
      <Text
        first
        name="group"
        fault={fault()}
        label={say('group')}
        hint={say(props.provider.settings.kind === 'ldap' ? 'group.ldapHint' : 'group.hint')}
        most={256}
        value={group()}
        onValue={setGroup}
      />
      <RoleField book={props.book} owner role={role()} onRole={setRole} />
      <ReachFields book={props.book} choice={choice} />
    </AskDialog>
  )
}
