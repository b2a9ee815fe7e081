import { createSignal, Show, type JSX } from 'solid-js'
import type { HealRule, PruneRule } from '@fairlead/protocol/features/rules.ts'
import { AskDialog } from '../kit/ask.tsx'
import { Days } from '../kit/Days.tsx'
import { healDraft, healFault, healOf, pruneDraft, pruneFault, pruneOf, type HealDraft, type PruneDraft } from './draft.ts'
import { Preview, type Askable } from './Preview.tsx'
import { say } from './words.ts'

interface Asking<R> {
  readonly rule?: R
  /** Names of the other rules of its kind in this place. */
  readonly taken: readonly string[]
  readonly send: (rule: R) => Promise<unknown>
  readonly onClose: () => void
}

/** Which containers are restarted, when, and how often. */
export function HealDialog(props: Asking<HealRule>): JSX.Element {
  const [draft, setDraft] = createSignal(healDraft(props.rule))
  const [touched, setTouched] = createSignal(false)
  const set = (next: Partial<HealDraft>) => {
    setTouched(true)
    setDraft({ ...draft(), ...next })
  }
  const fault = () => healFault(draft(), props.taken)
  return (
    <AskDialog
      title={say('heal.title')}
      action={say('save')}
      disabled={fault() !== undefined}
      send={() => props.send(healOf(draft()))}
      onClose={props.onClose}
    >
      <NameField name={draft().name} onChange={(name) => set({ name })} />
      <fieldset class="rule-part">
        <legend>{say('heal.which')}</legend>
        <Text
          label={say('heal.stack')}
          bad={fault() === 'fault.stack'}
          value={draft().stack}
          onChange={(stack) => set({ stack: stack.trim() })}
        />
        <Text
          label={say('heal.pattern')}
          bad={fault() === 'fault.pattern'}
          value={draft().pattern}
          onChange={(pattern) => set({ pattern: pattern.trim() })}
        />
        <Text
          label={say('heal.label')}
          bad={fault() === 'fault.label'}
          value={draft().label}
          onChange={(label) => set({ label: label.trim() })}
        />
      </fieldset>
      <fieldset class="rule-part">
        <legend>{say('when')}</legend>
        <Tick label={say('heal.unhealthy')} on={draft().unhealthy} onChange={(unhealthy) => set({ unhealthy })} />
        <Show when={draft().unhealthy}>
          <Text
            label={say('heal.seconds')}
            bad={fault() === 'fault.seconds'}
            value={draft().seconds}
            numeric
            onChange={(seconds) => set({ seconds })}
          />
        </Show>
        <Tick label={say('heal.failed')} on={draft().failed} onChange={(failed) => set({ failed })} />
      </fieldset>
      <Text
        label={say('heal.perHour')}
        bad={fault() === 'fault.perHour'}
        value={draft().perHour}
        numeric
        onChange={(perHour) => set({ perHour })}
      />
      <p class="dim">{say('heal.hint')}</p>
      <Tick label={say('on')} on={draft().on} onChange={(on) => set({ on })} />
      <FaultWords fault={touched() ? fault() : undefined} />
    </AskDialog>
  )
}

/** Which images go, and when; what would go now is one button away. */
export function PruneDialog(props: Asking<PruneRule> & { readonly hosts: readonly Askable[] }): JSX.Element {
  const [draft, setDraft] = createSignal(pruneDraft(props.rule))
  const [touched, setTouched] = createSignal(false)
  const set = (next: Partial<PruneDraft>) => {
    setTouched(true)
    setDraft({ ...draft(), ...next })
  }
  const fault = () => pruneFault(draft(), props.taken)
  const olderDays = () => (/^\d{1,4}$/.test(draft().older) ? Math.min(3650, Number(draft().older)) : undefined)
  return (
    <AskDialog
      title={say('prune.title')}
      action={say('save')}
      disabled={fault() !== undefined}
      send={() => props.send(pruneOf(draft()))}
      onClose={props.onClose}
    >
      <NameField name={draft().name} onChange={(name) => set({ name })} />
      <label class="field">
        {say('prune.images')}
        <select value={draft().images} onChange={(event) => set({ images: event.currentTarget.value as PruneDraft['images'] })}>
          <option value="dangling">{say('images.dangling')}</option>
          <option value="unused">{say('images.unused')}</option>
        </select>
      </label>
      <Text label={say('prune.older')} bad={fault() === 'fault.older'} value={draft().older} numeric onChange={(older) => set({ older })} />
      <Days legend={say('prune.days')} days={draft().days} onChange={(days) => set({ days })} />
      <label class="field">
        {say('prune.from')}
        <input type="time" value={draft().fromTime} onInput={(event) => set({ fromTime: event.currentTarget.value })} />
      </label>
      <label class="field">
        {say('prune.to')}
        <input type="time" value={draft().toTime} onInput={(event) => set({ toTime: event.currentTarget.value })} />
      </label>
      <p class="dim">{say('prune.hint')}</p>
      <Preview hosts={props.hosts} images={draft().images} olderDays={olderDays()} />
      <Tick label={say('on')} on={draft().on} onChange={(on) => set({ on })} />
      <FaultWords fault={touched() ? fault() : undefined} />
    </AskDialog>
  )
}

function NameField(props: { readonly name: string; readonly onChange: (name: string) => void }): JSX.Element {
  return (
    <label class="field">
      {say('name')}
      <input
        data-first
        maxlength="64"
        autocomplete="off"
        value={props.name}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      <small class="dim">{say('name.hint')}</small>
    </label>
  )
}

function Text(props: {
  readonly label: string
  readonly value: string
  readonly numeric?: boolean
  readonly bad?: boolean
  readonly onChange: (value: string) => void
}): JSX.Element {
  return (
    <label class="field">
      {props.label}
      <input
        maxlength="256"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={props.bad === true}
        inputmode={props.numeric === true ? 'numeric' : 'text'}
        value={props.value}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
    </label>
  )
}

function Tick(props: { readonly label: string; readonly on: boolean; readonly onChange: (on: boolean) => void }): JSX.Element {
  return (
    <label class="ticked">
      <input type="checkbox" checked={props.on} onChange={(event) => props.onChange(event.currentTarget.checked)} />
      {props.label}
    </label>
  )
}

function FaultWords(props: { readonly fault: Parameters<typeof say>[0] | undefined }): JSX.Element {
  return (
    <p class="state-warn" role="status">
      {props.fault === undefined ? '' : `▲ ${say(props.fault)}`}
    </p>
  )
}
