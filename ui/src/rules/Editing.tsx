import { createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import type { HealRule, PruneRule, RuleSet } from '@fairlead/protocol/features/rules.ts'
import { act, Empty, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { put, without, type Kind } from './draft.ts'
import type { Askable } from './Preview.tsx'
import { HealDialog, PruneDialog } from './RuleDialog.tsx'
import { RuleTables, type TableProps } from './RuleTables.tsx'
import { say } from './words.ts'

/** The rules of one place, in a table and in forms. They are saved whole. */
export function Editing(
  props: Pick<TableProps, 'heal' | 'prune' | 'environment' | 'state'> & {
    /** Those of this very place. */
    readonly own: RuleSet
    /** Who can be asked what would go. */
    readonly hosts: readonly Askable[]
    readonly save: (rules: RuleSet) => Promise<unknown>
  },
): JSX.Element {
  const [asking, setAsking] = createSignal<{ readonly kind: Kind; readonly name?: string }>()
  const close = () => setAsking(undefined)
  const mayChange = () => may('rules:manage')
  const all = () => props.heal.length + props.prune.length
  const others = (kind: Kind) => {
    const names = (props.own[kind] as readonly { readonly name: string }[]).map(({ name }) => name)
    return names.filter((name) => name !== asking()?.name)
  }
  async function send<K extends Kind>(kind: K, rule: RuleSet[K][number]): Promise<void> {
    await props.save(put(props.own, kind, rule, asking()?.name))
    close()
  }
  function remove(kind: Kind, name: string): void {
    const before = props.own
    const undo = () => void act(say('save'), () => props.save(before))
    void act(`${say('remove')}: ${plain(name)}`, () => props.save(without(before, kind, name)), false, undo)
  }
  const chosen = <R extends { readonly name: string; readonly from: unknown }>(rules: readonly R[]) => {
    const found = rules.find(({ name }) => name === asking()?.name)
    if (found === undefined) return {}
    const { from: _from, ...rule } = found
    return { rule }
  }
  return (
    <>
      <Show when={mayChange()}>
        <p class="row">
          <button type="button" onClick={() => setAsking({ kind: 'heal' })}>
            {say('add.heal')}
          </button>
          <button type="button" onClick={() => setAsking({ kind: 'prune' })}>
            {say('add.prune')}
          </button>
        </p>
      </Show>
      <Show
        when={all() > 0}
        fallback={
          <Empty text={say('none')}>
            <Show when={!mayChange()}>
              <p class="dim">{say('none.locked', { permission: 'rules:manage' })}</p>
            </Show>
          </Empty>
        }
      >
        <RuleTables
          heal={props.heal}
          prune={props.prune}
          environment={props.environment}
          state={props.state ?? null}
          may={mayChange()}
          onEdit={(kind, name) => setAsking({ kind, name })}
          onRemove={remove}
        />
      </Show>
      <Switch>
        <Match when={asking()?.kind === 'heal'}>
          <HealDialog
            {...(chosen(props.heal) as { rule?: HealRule })}
            taken={others('heal')}
            send={(rule) => send('heal', rule)}
            onClose={close}
          />
        </Match>
        <Match when={asking()?.kind === 'prune'}>
          <PruneDialog
            {...(chosen(props.prune) as { rule?: PruneRule })}
            taken={others('prune')}
            hosts={props.hosts}
            send={(rule) => send('prune', rule)}
            onClose={close}
          />
        </Match>
      </Switch>
    </>
  )
}
