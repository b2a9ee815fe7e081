import { createResource, For, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { say } from './words.ts'

/** In which environment a host is, among the settings of the host. Those are offered in which this person sees something. */
export function HostEnvironment(props: {
  readonly id: string
  readonly name: string
  readonly value: string
  readonly onChange: (id: string) => void
}): JSX.Element {
  const [all, { refetch }] = createResource(() =>
    ask('environments.list', {}).then(
      (list) => list,
      (error: unknown) => ({ error }),
    ),
  )
  const failed = () => {
    const now = all.latest
    return now !== undefined && 'error' in now ? now.error : undefined
  }
  const offered = () => {
    const now = all.latest
    const list = now === undefined || 'error' in now ? [] : now
    return list.some(({ id }) => id === props.id) ? list : [{ id: props.id, name: props.name }, ...list]
  }
  return (
    <>
      <label class="field">
        {t('hosts.environment')}
        <select name="environment" aria-describedby="settings-environment" onChange={(event) => props.onChange(event.currentTarget.value)}>
          <For each={offered()}>
            {({ id, name }) => (
              <option value={id} selected={id === props.value}>
                {plain(name)}
              </option>
            )}
          </For>
        </select>
        <small id="settings-environment">{say('host.environmentHint')}</small>
      </label>
      <Show when={failed()}>{(error) => <ErrorBox what={say('error.environments')} error={error()} onRetry={() => void refetch()} />}</Show>
    </>
  )
}
