import { A } from '@solidjs/router'
import { Show, type JSX } from 'solid-js'
import type { Secret } from '@fairlead/protocol/features/secrets.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { plain, StateMark } from '../kit/kit.tsx'
import { Table } from '../kit/Table.tsx'
import { say } from './words.ts'

type Which = Pick<Secret, 'name' | 'environment'>

/** The address of one: a name may be there twice, of the organization and of an environment. */
export const pathOf = ({ name, environment }: Which): string =>
  `/secrets/one/${name}${environment === null ? '' : `?environment=${encodeURIComponent(environment)}`}`

export const whereOf = ({ environment }: Which): string => (environment === null ? say('whole') : plain(environment))

export function SecretTable(props: { readonly secrets: readonly Secret[] }): JSX.Element {
  return (
    <Table
      label={say('title')}
      looks="roomy"
      heads={[t('containers.name'), say('where'), say('kept'), say('age'), say('who')]}
      rows={props.secrets}
    >
      {(secret) => (
        <tr>
          <td class="why">
            <A href={pathOf(secret)}>{secret.name}</A>
            <Show when={secret.description !== ''}>
              <div class="dim">{plain(secret.description)}</div>
            </Show>
          </td>
          <td>{whereOf(secret)}</td>
          <td title={secret.reference ?? ''}>
            <Kept secret={secret} />
          </td>
          <td class="dim" title={time(secret.updatedMs)}>
            {say('ageAgo', { age: ago(secret.updatedMs) })}
          </td>
          <td class="dim">{secret.by === '' ? say('gone') : plain(secret.by)}</td>
        </tr>
      )}
    </Table>
  )
}

/** Here, in which version; or where else, and whether that leads anywhere. */
export function Kept(props: { readonly secret: Secret }): JSX.Element {
  return (
    <Show when={props.secret.reference} fallback={say('version', { n: props.secret.version })}>
      {(reference) => (
        <Show when={props.secret.orphaned} fallback={<code>{plain(reference())}</code>}>
          <StateMark state="critical" word={say('orphaned', { reference: plain(reference()) })} />
        </Show>
      )}
    </Show>
  )
}
