import { For, Show, type JSX } from 'solid-js'
import type { HealRule, PruneRule, RulesState } from '@fairlead/protocol/features/rules.ts'
import { plain } from '../kit/kit.tsx'
import { Table } from '../kit/Table.tsx'
import type { Kind } from './draft.ts'
import { hoursWords, imagesWords, nextWords, say, whenWords, whichWords } from './words.ts'

/** A rule, where it was set, and whether it can be changed from here. */
export type Placed<R> = R & { readonly from: 'host' | 'environment' }

export interface TableProps {
  readonly heal: readonly Placed<HealRule>[]
  readonly prune: readonly Placed<PruneRule>[]
  /** The environment of a host, as it is called; '' where these are its own rules. */
  readonly environment: string
  /** As far as the host said. */
  readonly state?: RulesState | null
  readonly may: boolean
  /** Of one from elsewhere: a copy of it for here. */
  readonly onEdit: (kind: Kind, name: string) => void
  readonly onRemove: (kind: Kind, name: string) => void
}

/** What is in force, and where it came from. */
export function RuleTables(props: TableProps): JSX.Element {
  const origin = (from: 'host' | 'environment') =>
    from === 'host' ? say('from.host') : say('from.environment', { name: plain(props.environment) })
  const ofHost = () => props.environment !== ''
  const tail = () => [...(ofHost() ? [say('from')] : []), ...(props.may ? [say('edit')] : [])]
  return (
    <>
      <section>
        <h2>{say('heal')}</h2>
        <Show when={props.heal.length > 0} fallback={<p class="dim">{say('nothing')}</p>}>
          <Table
            label={say('heal')}
            looks="roomy"
            heads={[say('name'), say('which'), say('when'), say('most'), ...tail()]}
            rows={props.heal}
          >
            {(rule) => (
              <tr classList={{ dim: !rule.on }}>
                <Name rule={rule} />
                <td class="why">{whichWords(rule)}</td>
                <td class="why">{whenWords(rule)}</td>
                <td>{say('most.told', { n: rule.perHour })}</td>
                <Tail kind="heal" rule={rule} origin={ofHost() ? origin(rule.from) : ''} table={props} />
              </tr>
            )}
          </Table>
        </Show>
      </section>
      <section>
        <h2>{say('prune')}</h2>
        <Show when={props.prune.length > 0} fallback={<p class="dim">{say('nothing')}</p>}>
          <Table
            label={say('prune')}
            looks="roomy"
            heads={[say('name'), say('which'), say('when'), ...(ofHost() ? [say('next')] : []), ...tail()]}
            rows={props.prune}
          >
            {(rule) => (
              <tr classList={{ dim: !rule.on }}>
                <Name rule={rule} />
                <td class="why">{imagesWords(rule)}</td>
                <td class="why">{hoursWords(rule)}</td>
                <Show when={ofHost()}>
                  <td class="why">
                    <Next rule={rule} state={props.state} />
                  </td>
                </Show>
                <Tail kind="prune" rule={rule} origin={ofHost() ? origin(rule.from) : ''} table={props} />
              </tr>
            )}
          </Table>
        </Show>
      </section>
    </>
  )
}

function Name(props: { readonly rule: HealRule | PruneRule }): JSX.Element {
  return (
    <td>
      <strong>{plain(props.rule.name)}</strong> <Show when={!props.rule.on}>({say('off')})</Show>
    </td>
  )
}

function Next(props: { readonly rule: Placed<PruneRule>; readonly state: RulesState | null | undefined }): JSX.Element {
  const at = () => props.state?.next.find(({ rule }) => rule === props.rule.name)
  return (
    <Show when={at()} fallback="–">
      {(next) => <For each={nextWords(next().timeMs, props.state!.zone)}>{(line) => <div>{line}</div>}</For>}
    </Show>
  )
}

function Tail(props: {
  readonly kind: Kind
  readonly rule: { readonly name: string; readonly from: 'host' | 'environment' }
  readonly origin: string
  readonly table: TableProps
}): JSX.Element {
  const inherited = () => props.origin !== '' && props.rule.from === 'environment'
  const edit = () => say(inherited() ? 'own' : 'edit')
  return (
    <>
      <Show when={props.origin !== ''}>
        <td class="why">{props.origin}</td>
      </Show>
      <Show when={props.table.may}>
        <td>
          <span class="row">
            <button
              type="button"
              aria-label={`${edit()}: ${plain(props.rule.name)}`}
              onClick={() => props.table.onEdit(props.kind, props.rule.name)}
            >
              {edit()}
            </button>
            <Show when={!inherited()}>
              <button
                type="button"
                aria-label={`${say('remove')}: ${plain(props.rule.name)}`}
                onClick={() => props.table.onRemove(props.kind, props.rule.name)}
              >
                {say('remove')}
              </button>
            </Show>
          </span>
        </td>
      </Show>
    </>
  )
}
