import { A } from '@solidjs/router'
import { createSignal, Show, type JSX } from 'solid-js'
import type { Account } from '@fairlead/protocol/features/accounts.ts'
import { ask } from '../api/api.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { CopyButton, Empty, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import type { Book } from './book.ts'
import { AskDialog } from '../kit/ask.tsx'
import { Table } from '../kit/Table.tsx'
import { Part } from './parts.tsx'
import { rolesOf } from './People.tsx'
import { say } from './words.ts'

type Asking = 'service' | 'directory'

/** Accounts that only tokens act for, and the directories that make people here. */
export function Services(props: { readonly book: Book }): JSX.Element {
  const [asking, setAsking] = createSignal<Asking>()
  const services = (all: readonly Account[]) => all.filter(({ kind }) => kind === 'service')
  return (
    <>
      <div class="bar">
        <p class="grow dim">{say('services.what')}</p>
        <Show when={may('accounts:manage')}>
          <Show when={may('tokens:create') && may('roles:grant')}>
            <button type="button" onClick={() => setAsking('directory')}>
              {say('services.connect')}
            </button>
          </Show>
          <button type="button" class="primary" onClick={() => setAsking('service')}>
            {say('services.make')}
          </button>
        </Show>
      </div>
      <Part of={props.book.accounts} what="error.people">
        {(all) => (
          <Show when={services(all()).length > 0} fallback={<Empty text={say('services.none')} />}>
            <ServiceTable services={services(all())} />
          </Show>
        )}
      </Part>
      <Show when={asking()}>{(what) => <MakeService book={props.book} what={what()} onClose={() => setAsking(undefined)} />}</Show>
    </>
  )
}

export function ServiceTable(props: { readonly services: readonly Account[] }): JSX.Element {
  return (
    <Table
      label={say('tab.services')}
      class="people"
      heads={[say('name'), say('people.roles'), say('people.teams'), say('people.joined')]}
      rows={props.services}
    >
      {(service) => (
        <tr>
          <td>
            <A href={`/access/people/${service.id}`}>{plain(service.name)}</A>
          </td>
          <td title={rolesOf(service)}>{rolesOf(service)}</td>
          <td>{plain(service.teams.map(({ name }) => name).join(', '))}</td>
          <td class="dim" title={time(service.joinedMs)}>
            {ago(service.joinedMs)}
          </td>
        </tr>
      )}
    </Table>
  )
}

interface Connected {
  readonly name: string
  readonly token: string
  readonly expiresMs: number
}

const directoryDays = 365

/** A service of a name; for a directory also its role and its token, which is shown this once. */
function MakeService(props: { readonly book: Book; readonly what: Asking; readonly onClose: () => void }): JSX.Element {
  const [name, setName] = createSignal('')
  const [connected, setConnected] = createSignal<Connected>()
  // What was made before a later step was refused is not made twice.
  let made: Account | undefined
  let granted = false
  async function connect(account: string): Promise<void> {
    const holder = { kind: 'account', id: account } as const
    if (!granted) await ask('roles.grant', { holder, role: 'provisioner', reach: { on: 'organization' }, effect: 'allow' })
    granted = true
    const token = { account, name: 'SCIM', scopes: ['scim:provision'], days: directoryDays, addresses: [] }
    setConnected({ ...(await ask('tokens.createFor', token)), name: name().trim() })
  }
  async function send(): Promise<void> {
    made ??= await ask('accounts.createService', { name: name().trim() })
    if (props.what === 'directory') await connect(made.id)
    await props.book.reload()
    if (props.what === 'service') props.onClose()
  }
  const title = () => say(props.what === 'directory' ? 'services.connect' : 'services.make')
  return (
    <Show
      when={connected()}
      fallback={
        <AskDialog title={title()} action={title()} disabled={name().trim() === ''} send={send} onClose={props.onClose}>
          <label class="field">
            {say('name')}
            <input data-first required maxlength="128" autocomplete="off" onInput={(event) => setName(event.currentTarget.value)} />
            <small>{say(props.what === 'directory' ? 'services.connectHint' : 'services.makeHint')}</small>
          </label>
        </AskDialog>
      }
    >
      {(now) => (
        <Dialog title={say('services.connected', { name: plain(now().name) })} onClose={props.onClose}>
          <ConnectionShown made={now()} />
          <p class="row">
            <CopyButton primary text={now().token} label={say('services.copyToken')} />
            <CopyButton text={scimAddress()} label={say('services.copyAddress')} />
            <button type="button" onClick={() => props.onClose()}>
              {t('keys.close')}
            </button>
          </p>
        </Dialog>
      )}
    </Show>
  )
}

const scimAddress = () => `${location.origin}/scim/v2`

/** What somebody puts into their directory. */
export function ConnectionShown(props: { readonly made: Connected }): JSX.Element {
  return (
    <>
      <p>{say('services.paste')}</p>
      <p class="dim">{say('services.address')}</p>
      <div class="line-box">{scimAddress()}</div>
      <p class="dim">{say('services.token')}</p>
      <div class="line-box">{props.made.token}</div>
      <p class="dim">{say('services.once', { time: time(props.made.expiresMs) })}</p>
    </>
  )
}
