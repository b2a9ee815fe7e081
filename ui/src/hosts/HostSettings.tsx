import { A, useNavigate } from '@solidjs/router'
import { createMemo, createSignal, lazy, Show, Suspense, untrack, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { hostNameForm, readTags } from '@fairlead/protocol/tags.ts'
import { ask, fetchJson } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, ConfirmByName, CopyButton, ErrorBox, NoPermission, plain, tell } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { TagFault } from '../kit/TagFault.tsx'
import { createUnsaved } from '../kit/unsaved.ts'

/** Also where the host does not reach the hub any more. */
const uninstall = 'sudo fairlead-agent uninstall'

const HostEnvironment = lazy(async () => ({ default: (await import('../access/HostEnvironment.tsx')).HostEnvironment }))

/** Which field of the form the hub would not have. */
const fieldOf = (error: unknown) => (error as { readonly details?: { readonly field?: unknown } } | undefined)?.details?.field

/** Its name, tags and environment, and the way out. What was typed stays, after a refusal and whatever the hub tells meanwhile. */
export function HostSettings(props: Pick<Host, 'id' | 'name' | 'tags' | 'environment' | 'environmentId'>): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  const unsaved = createUnsaved()
  const [tags, setTags] = createSignal(untrack(() => props.tags.join(' ')))
  const read = createMemo(() => readTags(tags()))
  const [name, setName] = createSignal(untrack(() => props.name))
  const [environment, setEnvironment] = createSignal(untrack(() => props.environmentId))
  const [refused, setRefused] = createSignal<unknown>()
  const badName = () => name() !== '' && !hostNameForm.test(name())
  let tagsField!: HTMLInputElement
  let nameField!: HTMLInputElement
  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (badName()) return nameField.focus()
    if (read().fault !== undefined) return tagsField.focus()
    const moved = environment() === props.environmentId ? {} : { environment: environment() }
    setRefused(undefined)
    try {
      // Over HTTP, where a refusal names its field.
      await fetchJson('PATCH', `/hosts/${props.id}`, { name: name(), tags: read().tags, ...moved })
      unsaved.saved()
      tell(t('containers.done', { action: t('hosts.save') }))
    } catch (error) {
      setRefused(error)
      if (fieldOf(error) === 'tags') tagsField.focus()
    }
  }
  async function revoke(): Promise<void> {
    if (!(await act(t('hosts.revoke'), () => ask('hosts.revoke', { host: props.id })))) return
    unsaved.saved()
    navigate('/hosts')
  }
  return (
    <Show when={may('hosts:manage')} fallback={<NoPermission permission="hosts:manage" />}>
      <form
        class="box form"
        onSubmit={(event) => void save(event)}
        onInput={() => setRefused(undefined)}
        onChange={() => setRefused(undefined)}
        ref={unsaved.watch}
      >
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
        <Show when={fieldOf(refused()) === 'tags'}>
          <ErrorBox error={refused()} />
        </Show>
        <Suspense>
          <HostEnvironment id={props.environmentId} name={props.environment} value={environment()} onChange={setEnvironment} />
        </Suspense>
        <Show when={refused() !== undefined && fieldOf(refused()) !== 'tags'}>
          <ErrorBox error={refused()} />
        </Show>
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
            <Show when={may('hosts:enrol')}>
              <p>{t('hosts.anewWhat')}</p>
              <p>
                <A class="button" href={`/hosts/enrol?host=${props.id}`}>
                  {t('hosts.anew')}
                </A>
              </p>
            </Show>
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
