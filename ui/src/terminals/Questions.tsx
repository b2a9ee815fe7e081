import { Match, Show, Switch, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { plain } from '../kit/kit.tsx'
import type { Question } from './terminal.ts'

const mostShown = 2000

/** What a paste or a program wants, shown before it happens; Escape is no. */
export function Questions(props: { readonly question: Question; readonly onAnswer: (yes: boolean) => void }): JSX.Element {
  const cut = (text: string) => (text.length > mostShown ? `${text.slice(0, mostShown)}…` : text)
  const lines = (text: string) => text.split('\n').map(plain).join('\n')
  const of = <K extends Question['kind']>(kind: K) =>
    props.question.kind === kind ? (props.question as Extract<Question, { kind: K }>) : undefined
  const yes = () =>
    say(props.question.kind === 'paste' ? 'terminal.doPaste' : props.question.kind === 'copy' ? 'terminal.doCopy' : 'terminal.doOpen')
  return (
    <div
      class="question box"
      role="alertdialog"
      aria-label={yes()}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        props.onAnswer(false)
      }}
    >
      <Switch>
        <Match when={of('paste')}>
          {(now) => (
            <>
              <p>
                {say('terminal.paste', { n: now().check.lines })}
                <Show when={now().check.taken > 0}> {say('terminal.pasteTaken', { n: now().check.taken })}</Show>
              </p>
              <pre tabindex="0">{lines(cut(now().check.text))}</pre>
            </>
          )}
        </Match>
        <Match when={of('copy')}>
          {(now) => (
            <>
              <p>{say('terminal.copy', { n: now().text.length })}</p>
              <pre tabindex="0">{lines(cut(now().text))}</pre>
            </>
          )}
        </Match>
        <Match when={of('link')}>
          {(now) => (
            <>
              <p>
                {say('terminal.link')} <strong>{new URL(now().url).host}</strong>
              </p>
              <pre tabindex="0">{plain(cut(now().url))}</pre>
            </>
          )}
        </Match>
      </Switch>
      <div class="row">
        <button type="button" class="primary" onClick={() => props.onAnswer(true)} ref={(button) => queueMicrotask(() => button.focus())}>
          {yes()}
        </button>
        <button type="button" onClick={() => props.onAnswer(false)}>
          {t('cancel')}
        </button>
      </div>
    </div>
  )
}
