import { createEffect, createSignal, createUniqueId, For, onCleanup, Show, untrack, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { cutFilter, draftOf, writeTerm, type UnknownField } from './filter.ts'
import { plain } from './kit.tsx'

interface Completion {
  readonly value: string
  /** How many rows have it; undefined for a name. */
  readonly count?: number
}

interface Props {
  /** The whole filter, as it stands in the address. */
  readonly value: string
  readonly placeholder: string
  readonly names: readonly string[]
  /** The values of one name that the fleet has now. */
  readonly values: (name: string) => Promise<readonly Completion[]>
  /** What the hub could not read. */
  readonly problem?: string
  /** A field that is asked for and is not there. */
  readonly unknown?: UnknownField | undefined
  readonly onChange: (filter: string) => void
}

const quietMs = 120
const mostShown = 12

/** The typed filter: whole words are chips, the one being typed is completed from what the fleet has. Acts as one types. */
export function FilterBar(props: Props): JSX.Element {
  const id = createUniqueId()
  const [chips, setChips] = createSignal<readonly string[]>([])
  const [draft, setDraft] = createSignal('')
  const [open, setOpen] = createSignal(false)
  const [choice, setChoice] = createSignal(-1)
  const [found, setFound] = createSignal<readonly Completion[]>([])
  let said: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let input!: HTMLInputElement
  onCleanup(() => clearTimeout(timer))

  // The address changed by itself (back, a link, "clear"): it is shown as it is.
  createEffect(() => {
    const value = props.value
    if (value === said) return
    said = value
    const { terms, rest } = cutFilter(value)
    setChips(terms.map(({ text }) => text))
    setDraft(rest)
  })

  function say(): void {
    clearTimeout(timer)
    const { terms } = cutFilter(untrack(draft))
    const next = [...untrack(chips), ...terms.map(({ text }) => text)].join(' ')
    if (next === said) return
    said = next
    props.onChange(next)
  }

  function type(text: string): void {
    setDraft(text)
    setOpen(true)
    setChoice(-1)
    clearTimeout(timer)
    timer = setTimeout(say, quietMs)
  }

  /** What is whole becomes chips; the rest stays to be typed on. */
  function settle(): void {
    const { terms, rest } = cutFilter(draft())
    setChips([...chips(), ...terms.map(({ text }) => text)])
    setDraft(rest)
    say()
  }

  function drop(index: number): void {
    setChips(chips().filter((_, other) => other !== index))
    say()
    input.focus()
  }

  createEffect(() => {
    const { name } = draftOf(draft())
    if (!open() || name === undefined) return void setFound([])
    let late = false
    onCleanup(() => (late = true))
    props.values(name).then(
      (values) => !late && setFound(values),
      () => undefined,
    )
  })
  const offers = (): readonly Completion[] => {
    if (!open()) return []
    const { name, typed } = draftOf(draft())
    const fits = ({ value }: Completion) => value.toLowerCase().includes(typed.toLowerCase()) && value !== ''
    if (name !== undefined) return found().filter(fits).slice(0, mostShown)
    return props.names.map((value) => ({ value: `${value}:` })).filter(fits)
  }

  function accept(index: number): void {
    const offer = offers()[index]
    if (offer === undefined) return
    const { minus, name } = draftOf(draft())
    if (name === undefined) return type(`${minus ? '-' : ''}${offer.value}`)
    setDraft(writeTerm(name, offer.value, minus))
    settle()
    setOpen(false)
  }

  function onKey(event: KeyboardEvent): void {
    const last = offers().length - 1
    if (event.key === 'ArrowDown') setChoice(Math.min(choice() + 1, last))
    else if (event.key === 'ArrowUp') setChoice(Math.max(choice() - 1, -1))
    else if (event.key === 'Enter' && choice() >= 0) accept(choice())
    else if (event.key === 'Tab' && choice() >= 0) accept(choice())
    else if (event.key === 'Enter') {
      settle()
      setOpen(false)
    } else if (event.key === ' ' && cutFilter(draft()).rest === '' && draft().trim() !== '') settle()
    else if (event.key === 'Backspace' && draft() === '' && chips().length > 0) {
      setDraft(chips().at(-1)!)
      setChips(chips().slice(0, -1))
      say()
    } else if (event.key === 'Escape') {
      // Offers to somebody who typed nothing are no step of their own.
      if (offers().length > 0 && draft() !== '') setOpen(false)
      else input.blur()
    } else return
    event.preventDefault()
  }

  return (
    <div class="filter grow">
      <div class="filter-field" onClick={(event) => event.target === event.currentTarget && input.focus()}>
        <For each={chips()}>
          {(chip, index) => (
            <span class="chip">
              {plain(chip)}
              <button type="button" aria-label={t('filter.remove', { term: plain(chip) })} onClick={() => drop(index())}>
                ×
              </button>
            </span>
          )}
        </For>
        <input
          data-filter
          role="combobox"
          aria-label={props.placeholder}
          aria-expanded={offers().length > 0}
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={choice() < 0 ? undefined : `${id}-${choice()}`}
          autocomplete="off"
          spellcheck={false}
          placeholder={chips().length === 0 ? props.placeholder : ''}
          value={draft()}
          ref={(element) => (input = element)}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={onKey}
          onFocus={() => setOpen(true)}
          onBlur={() => {
            settle()
            setOpen(false)
          }}
        />
      </div>
      <Offers id={id} offers={offers()} choice={choice()} onAccept={accept} />
      <Show when={props.unknown}>
        {(field) => <NoSuchField field={field()} names={props.names} onMend={() => props.onChange(field().mended)} />}
      </Show>
      <Show when={props.problem}>
        {(problem) => (
          <p class="state-critical" role="alert">
            {plain(problem())}
          </p>
        )}
      </Show>
    </div>
  )
}

/** Which field is none, which there are, and the one that was meant. */
export function NoSuchField(props: {
  readonly field: UnknownField
  readonly names: readonly string[]
  readonly onMend: () => void
}): JSX.Element {
  return (
    <p class="no-field" role="alert">
      <span class="state-warn" aria-hidden="true">
        ▲
      </span>{' '}
      {t('filter.unknown', { name: plain(props.field.name), names: props.names.join(', ') })}{' '}
      <Show when={props.field.nearest}>
        {(name) => (
          <button type="button" onPointerDown={(event) => event.preventDefault()} onClick={() => props.onMend()}>
            {t('filter.meant', { name: name() })}
          </button>
        )}
      </Show>
    </p>
  )
}

function Offers(props: {
  readonly id: string
  readonly offers: readonly Completion[]
  readonly choice: number
  readonly onAccept: (index: number) => void
}): JSX.Element {
  return (
    <ul id={props.id} role="listbox" aria-label={t('filter.offers')} class="offers" hidden={props.offers.length === 0}>
      <For each={props.offers}>
        {(offer, index) => (
          <li
            role="option"
            id={`${props.id}-${index()}`}
            aria-selected={props.choice === index()}
            classList={{ current: props.choice === index() }}
            onPointerDown={(event) => {
              event.preventDefault()
              props.onAccept(index())
            }}
          >
            <span class="grow">{plain(offer.value)}</span>
            <span class="dim">{offer.count}</span>
          </li>
        )}
      </For>
    </ul>
  )
}
