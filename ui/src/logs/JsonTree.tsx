import { For, Show, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { plain } from '../kit/kit.tsx'
import { fieldTerm, type Json } from './fields.ts'

const mostEntries = 500
const mostDepth = 24

/** An object as a tree, in text nodes only; a value narrows the view to it, a name becomes a column. */
export function JsonTree(props: {
  readonly value: Json
  readonly onFilter: (term: string) => void
  readonly onColumn: (path: string) => void
  readonly path?: string
  readonly depth?: number
}): JSX.Element {
  const depth = () => props.depth ?? 0
  const entries = () => Object.entries(props.value as object) as [string, Json][]
  const pathOf = (name: string) => (props.path === undefined ? name : `${props.path}.${name}`)
  return (
    <ul class="tree">
      <For each={entries().slice(0, mostEntries)}>
        {([name, value]) => (
          <li>
            <Show
              when={isNode(value)}
              fallback={<Leaf path={pathOf(name)} name={name} value={value} onFilter={props.onFilter} onColumn={props.onColumn} />}
            >
              <bdi class="key">{plain(name)}</bdi>
              {': '}
              <Show when={depth() < mostDepth} fallback="…">
                <span class="dim">{Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value as object).length}}`}</span>
                <JsonTree value={value} path={pathOf(name)} depth={depth() + 1} onFilter={props.onFilter} onColumn={props.onColumn} />
              </Show>
            </Show>
          </li>
        )}
      </For>
      <Show when={entries().length > mostEntries}>
        <li class="dim">… {entries().length - mostEntries}</li>
      </Show>
    </ul>
  )
}

function Leaf(props: {
  readonly path: string
  readonly name: string
  readonly value: Json
  readonly onFilter: (term: string) => void
  readonly onColumn: (path: string) => void
}): JSX.Element {
  const term = fieldTerm(props.path, props.value)
  const shown = plain(JSON.stringify(props.value))
  return (
    <Show
      when={term}
      fallback={
        <>
          <bdi class="key">{plain(props.name)}</bdi>: <bdi>{shown}</bdi>
        </>
      }
    >
      <button type="button" class="key" title={say('logs.column', { name: plain(props.path) })} onClick={() => props.onColumn(props.path)}>
        <bdi>{plain(props.name)}</bdi>
      </button>
      {':'}
      <button
        type="button"
        title={say('logs.field', { name: plain(props.path), value: plain(String(props.value)) })}
        onClick={() => props.onFilter(term!)}
      >
        <bdi>{shown}</bdi>
      </button>
    </Show>
  )
}

function isNode(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
