import { For, type JSX } from 'solid-js'
import type { Tls } from '@fairlead/protocol/features/settings.ts'
import { Note } from '../kit/kit.tsx'
import { tls as say, tlsIfKnown } from './tls-words.ts'

const states = { waiting: 'busy', address: 'unknown', over: 'critical' } as const

/** What stands between people and a console that their browsers trust, each with what mends it. */
export function TlsMissing(props: { readonly tls: Tls }): JSX.Element {
  const words = (what: Tls['missing'][number]) =>
    what === 'order'
      ? (tlsIfKnown(`reason.${props.tls.reason ?? 'other'}`) ?? say('reason.other'))
      : (tlsIfKnown(`missing.${what}`) ?? what)
  return (
    <For each={props.tls.missing}>
      {(what) => <Note state={(states as Record<string, 'busy' | 'unknown' | 'critical'>)[what] ?? 'warn'}>{words(what)}</Note>}
    </For>
  )
}
