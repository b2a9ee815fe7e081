import { createSignal, Show, type JSX } from 'solid-js'
import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { ask } from '../api/api.ts'
import { Part } from '../kit/ask.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { NewToken } from './NewToken.tsx'
import { RevokeDialog } from './revoke.tsx'
import { TokenTable } from './TokenTable.tsx'
import { say } from './words.ts'

/** One's own, in the organization one is in. */
export function OwnTokens(): JSX.Element {
  const tokens = createLoaded<readonly Token[]>(undefined, [], () => ask('tokens.list', {}))
  const [asking, setAsking] = createSignal<'make' | Token>()
  const close = () => setAsking(undefined)
  const revoking = () => {
    const now = asking()
    return now === undefined || now === 'make' ? undefined : now
  }
  return (
    <>
      <section class="box" id="tokens">
        <div class="head">
          <h2 class="grow">{say('own.title')}</h2>
          <button type="button" onClick={() => setAsking('make')}>
            {say('make')}
          </button>
        </div>
        <Part of={tokens} what={say('error')} lines={2}>
          {(all) => (
            <Show when={all().length > 0} fallback={<p class="dim">{say('own.none')}</p>}>
              <p class="dim">{say('intro')}</p>
              <TokenTable tokens={all()} onRevoke={setAsking} />
            </Show>
          )}
        </Part>
      </section>
      <Show when={asking() === 'make'}>
        <NewToken onMade={() => void tokens.load()} onClose={close} />
      </Show>
      <Show when={revoking()}>
        {(token) => (
          <RevokeDialog
            tokens={[token()]}
            revoke={(id) => ask('tokens.remove', { id })}
            onDone={() => {
              close()
              void tokens.load()
            }}
            onClose={close}
          />
        )}
      </Show>
    </>
  )
}
