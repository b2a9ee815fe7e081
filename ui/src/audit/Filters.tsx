import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { plain } from '../kit/plain.ts'
import type { Wanted } from './fits.ts'
import { verbWords } from './told.ts'
import { say, verbsKnown } from './words.ts'

interface Props {
  readonly wanted: Wanted
  /** Whose people and hosts are offered. */
  readonly rows: readonly AuditRow[]
  /** Shown on a phone, too. */
  readonly unfolded: boolean
  readonly onChange: (change: Wanted) => void
}

type Choice = readonly [value: string, words: string]
const byWords = (a: Choice, b: Choice) => a[1].localeCompare(b[1])

/** By whom, what, how it ended, where and when; each acts at once. */
export function Filters(props: Props): JSX.Element {
  const people = createKnown(() => props.rows.map(({ actor, actorName }) => [actor, plain(actorName)]))
  const hosts = createKnown(() => props.rows.map(({ host, hostName }) => [host, plain(hostName)]))
  const verbs = (): readonly Choice[] => verbsKnown.map((verb): Choice => [verb, verbWords(verb)]).sort(byWords)
  const outcomes = (): readonly Choice[] => (['ok', 'started', 'failed', 'refused'] as const).map((one) => [one, say(`outcome.${one}`)])
  const change = (name: keyof Wanted) => (value: string) => props.onChange({ [name]: value === '' ? undefined : value })
  return (
    <div class="trail-filters" classList={{ unfolded: props.unfolded }}>
      <Choose
        label={say('activity.who')}
        any={say('activity.anyone')}
        value={props.wanted.who}
        choices={people()}
        onChange={change('who')}
      />
      <Choose
        label={say('activity.what')}
        any={say('activity.anything')}
        value={props.wanted.verb}
        choices={verbs()}
        onChange={change('verb')}
      />
      <Choose
        label={say('activity.outcome')}
        any={say('activity.anyhow')}
        value={props.wanted.outcome}
        choices={outcomes()}
        onChange={change('outcome')}
      />
      <Choose
        label={say('activity.host')}
        any={say('activity.anywhere')}
        value={props.wanted.host}
        choices={hosts()}
        onChange={change('host')}
      />
      <Moment label={say('activity.from')} value={props.wanted.from} onChange={change('from')} />
      <Moment label={say('activity.until')} value={props.wanted.until} onChange={change('until')} />
    </div>
  )
}

/** What was seen once stays on offer, also when a filter hides it. */
function createKnown(rows: () => readonly Choice[]): () => readonly Choice[] {
  const [known, setKnown] = createSignal<ReadonlyMap<string, string>>(new Map())
  const all = createMemo(() => {
    const fresh = rows().filter(([value, words]) => value !== '' && words !== '' && !known().has(value))
    if (fresh.length > 0) queueMicrotask(() => setKnown((before) => new Map([...before, ...fresh])))
    return [...known()].sort(byWords)
  })
  return all
}

interface ChooseProps {
  readonly label: string
  readonly any: string
  readonly value: string | undefined
  readonly choices: readonly Choice[]
  readonly onChange: (value: string) => void
}

function Choose(props: ChooseProps): JSX.Element {
  const isKnown = () => props.value === undefined || props.choices.some(([value]) => value === props.value)
  return (
    <label>
      <span>{props.label}</span>
      <select onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value="" selected={props.value === undefined}>
          {props.any}
        </option>
        <Show when={isKnown() ? undefined : props.value}>
          {(value) => (
            <option value={value()} selected>
              {plain(value())}
            </option>
          )}
        </Show>
        <For each={props.choices}>
          {([value, words]) => (
            <option value={value} selected={props.value === value}>
              {words}
            </option>
          )}
        </For>
      </select>
    </label>
  )
}

function Moment(props: {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (value: string) => void
}): JSX.Element {
  return (
    <label>
      <span>{props.label}</span>
      <input type="datetime-local" value={props.value ?? ''} onChange={(event) => props.onChange(event.currentTarget.value)} />
    </label>
  )
}
