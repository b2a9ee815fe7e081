import { createSignal, Show, type JSX } from 'solid-js'
import type { Account } from '@fairlead/protocol/features/accounts.ts'
import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { ask } from '../api/api.ts'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { NewToken } from '../tokens/NewToken.tsx'
import { RevokeDialog } from '../tokens/revoke.tsx'
import { TokenTable } from '../tokens/TokenTable.tsx'
import { Locked } from '../kit/ask.tsx'
import { Part } from './parts.tsx'
import { say } from './words.ts'

/** What acts for a service account. */
export function ServiceTokens(props: { readonly service: Account }): JSX.Element {
  const tokens = createLoaded<readonly Token[]>('tokens:read', [], () => ask('tokens.listAll', {}))
  const [asking, setAsking] = createSignal<'make' | Token>()
  const own = (all: readonly Token[]) => all.filter(({ account }) => account.id === props.service.id)
  const revoking = () => {
    const now = asking()
    return now === undefined || now === 'make' ? undefined : now
  }
  const done = () => {
    setAsking(undefined)
    void tokens.load()
  }
  return (
    <section class="box">
      <div class="head">
        <h2 class="grow">{say('tab.tokens')}</h2>
        <Show when={may('tokens:create')}>
          <button type="button" onClick={() => setAsking('make')}>
            {say('services.newToken')}
          </button>
        </Show>
      </div>
      <Locked permission="tokens:create" />
      <Show when={may('tokens:read')}>
        <Part of={tokens} what="services.tokensError" lines={2}>
          {(all) => (
            <Show when={own(all()).length > 0} fallback={<p class="dim">{say('services.noToken')}</p>}>
              <TokenTable tokens={own(all())} onRevoke={may('tokens:manage') ? setAsking : undefined} />
            </Show>
          )}
        </Part>
      </Show>
      <Show when={asking() === 'make'}>
        <NewToken of={props.service.id} onMade={() => void tokens.load()} onClose={() => setAsking(undefined)} />
      </Show>
      <Show when={revoking()}>
        {(token) => (
          <RevokeDialog
            tokens={[token()]}
            revoke={(id) => ask('tokens.revoke', { id })}
            onDone={done}
            onClose={() => setAsking(undefined)}
          />
        )}
      </Show>
    </section>
  )
}
