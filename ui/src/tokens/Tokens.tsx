import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, Show, type JSX } from 'solid-js'
import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { holdsWords } from '../kit/filter.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Locked, Part } from '../kit/ask.tsx'
import { Empty } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { FilterField } from '../kit/SearchField.tsx'
import { RevokeDialog } from './revoke.tsx'
import { TokenTable } from './TokenTable.tsx'
import { textsOf } from './told.ts'
import { say } from './words.ts'

/** Everybody's, for whoever looks after the organization. */
export function Tokens(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string }>()
  const tokens = createLoaded<readonly Token[]>('tokens:read', [], () => ask('tokens.listAll', {}))
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = createSignal<readonly Token[]>()
  const filter = () => search.filter ?? ''
  const shown = createMemo(() => (tokens.now() ?? []).filter((token) => holdsWords(textsOf(token), filter())))
  const picked = () => shown().filter(({ id }) => chosen().has(id))
  const manages = () => may('tokens:manage')
  return (
    <>
      <div class="bar">
        <FilterField label={say('filter')} value={filter()} onInput={(filter) => setSearch({ filter }, { replace: true })} />
        <Show when={manages() && picked().length > 0}>
          <button type="button" class="danger" onClick={() => setAsking(picked())}>
            {say('revokeMany', { n: picked().length })}
          </button>
        </Show>
      </div>
      <Locked permission="tokens:manage" />
      <Part of={tokens} what={say('error')}>
        {(all) => (
          <Show when={all().length > 0} fallback={<Empty text={say('all.none')} />}>
            <Show
              when={shown().length > 0}
              fallback={
                <Empty text={say('unfit')}>
                  <button type="button" onClick={() => setSearch({ filter: undefined })}>
                    {t('containers.clear')}
                  </button>
                </Empty>
              }
            >
              <TokenTable
                owners
                tokens={shown()}
                chosen={chosen()}
                {...(manages() ? { onChoose: setChosen, onRevoke: (token: Token) => setAsking([token]) } : {})}
              />
              <p class="foot dim">
                {say('count', { n: shown().length })} · {say('all.where')}
              </p>
            </Show>
          </Show>
        )}
      </Part>
      <Show when={asking()}>
        {(some) => (
          <RevokeDialog
            tokens={some()}
            revoke={(id) => ask('tokens.revoke', { id })}
            onDone={() => {
              setAsking(undefined)
              setChosen(new Set<string>())
              void tokens.load()
            }}
            onClose={() => setAsking(undefined)}
          />
        )}
      </Show>
    </>
  )
}
