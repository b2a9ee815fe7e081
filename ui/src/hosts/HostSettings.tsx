import { useNavigate } from '@solidjs/router'
import { createMemo, createSignal, Show, untrack, type JSX } from 'solid-js'
import { hostNameForm, readTags } from '@fairlead/protocol/tags.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, ConfirmByName, CopyButton, NoPermission, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { TagFault } from '../kit/TagFault.tsx'
import { createUnsaved } from '../kit/unsaved.ts'

/** What the installer's `--uninstall` does, for a host that may not reach the hub any more. */
const uninstall =
  'sudo systemctl disable --now fairlead-agent; sudo rm -rf /opt/fairlead /var/lib/fairlead /etc/systemd/system/fairlead-agent.service'

/** Its name and tags, and the way out. What was typed stays, after a refusal and whatever the hub tells meanwhile. */
export function HostSettings(props: { readonly id: string; readonly name: string; readonly tags: readonly string[] }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  const unsaved = createUnsaved()
  const [tags, setTags] = createSignal(untrack(() => props.tags.join(' ')))
  const read = createMemo(() => readTags(tags()))
  const [name, setName] = createSignal(untrack(() => props.name))
  const badName = () => name() !== '' && !hostNameForm.test(name())
  let tagsField!: HTMLInputElement
  let nameField!: HTMLInputElement
  function save(event: SubmitEvent): void {
    event.preventDefault()
    if (badName()) return nameField.focus()
    if (read().fault !== undefined) return tagsField.focus()
    const next = { name: name(), tags: [...read().tags] }
    const send = () => ask('hosts.update', { host: props.id, ...next })
    void act(t('hosts.save'), send).then((done) => done && unsaved.saved())
  }
  async function revoke(): Promise<void> {
    if (!(await act(t('hosts.revoke'), () => ask('hosts.revoke', { host: props.id })))) return
    unsaved.saved()
    navigate('/hosts')
  }
  return (
    <Show when={may('hosts:manage')} fallback={<NoPermission permission="hosts:manage" />}>
      <form class="box form" onSubmit={save} ref={unsaved.watch}>
        <label class="field">
          {t('containers.name')}
          <input
            name="name"
            ref={(element) => (nameField = element)}
            value={untrack(name)}
            maxlength="63"
            required
            aria-invalid={badName()}
            aria-describedby="settings-name-bad"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <div id="settings-name-bad" role="alert">
          <Show when={badName()}>
            <p class="state-critical">{t('hosts.wrongName', { name: plain(name()) })}</p>
          </Show>
        </div>
        <label class="field">
          {t('hosts.tags')}
          <input
            name="tags"
            ref={(element) => (tagsField = element)}
            value={untrack(tags)}
            maxlength="4096"
            spellcheck={false}
            aria-invalid={read().fault !== undefined}
            aria-describedby="settings-tags-bad"
            onInput={(event) => setTags(event.currentTarget.value)}
          />
          <small>{t('hosts.tagsHint')}</small>
        </label>
        <TagFault id="settings-tags-bad" fault={read().fault} />
        <p>
          <button type="submit" class="primary">
            {t('hosts.save')}
          </button>
        </p>
      </form>
      <Show
        when={asking()}
        fallback={
          <div class="box form">
            <p>{t('hosts.revokeWhat')}</p>
            <button type="button" class="danger" onClick={() => setAsking(true)}>
              {t('hosts.revoke')}
            </button>
            <p class="dim apart">{t('hosts.uninstall')}</p>
            <p class="command">
              <code>{uninstall}</code>
              <CopyButton text={uninstall} label={t('error.copy')} />
            </p>
          </div>
        }
      >
        <ConfirmByName
          name={props.name}
          question={t('hosts.revokeAsk')}
          action={t('hosts.revoke')}
          onCancel={() => setAsking(false)}
          onConfirm={() => void revoke()}
        />
      </Show>
    </Show>
  )
}
