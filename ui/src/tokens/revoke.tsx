import { Show, type JSX } from 'solid-js'
import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { messageOf } from '../i18n/said.ts'
import { RemoveDialog } from '../kit/ask.tsx'
import { plain, tell } from '../kit/kit.tsx'
import { lineOf } from './told.ts'
import { say } from './words.ts'

/** One is revoked by its name, several by their number. What could not be revoked is said, and stays listed. */
export function RevokeDialog(props: {
  readonly tokens: readonly Token[]
  readonly revoke: (id: string) => Promise<unknown>
  /** With those that are gone. */
  readonly onDone: (gone: readonly Token[]) => void
  readonly onClose: () => void
}): JSX.Element {
  const one = () => (props.tokens.length === 1 ? props.tokens[0] : undefined)
  async function send(): Promise<void> {
    const all = props.tokens
    const gone: Token[] = []
    let why: unknown
    for (const token of all)
      await props.revoke(token.id).then(
        () => gone.push(token),
        (reason: unknown) => (why ??= reason),
      )
    if (gone.length === 0) throw why
    if (why !== undefined) tell(say('revokeFailed', { n: all.length - gone.length, why: messageOf(why) }), true)
    tell(say('revoked', { n: gone.length }))
    props.onDone(gone)
  }
  return (
    <Show when={props.tokens.length > 0}>
      <RemoveDialog
        title={one() === undefined ? say('revokeMany', { n: props.tokens.length }) : say('revokeOne', { name: plain(one()!.name) })}
        question={say('revokeAsk')}
        goes={props.tokens.map(lineOf)}
        name={one()?.name ?? String(props.tokens.length)}
        send={send}
        onClose={props.onClose}
      />
    </Show>
  )
}
