import '@xterm/xterm/css/xterm.css'
import { createEffect, createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { ErrorBox, plain, tell } from '../kit/kit.tsx'
import { FindBar } from './FindBar.tsx'
import { KeyBar } from './KeyBar.tsx'
import { createPrefix, type PrefixActions } from './prefix.ts'
import { Questions } from './Questions.tsx'
import { StateBar } from './StateBar.tsx'
import type { TerminalRef } from './ref.ts'
import { createTerminal } from './terminal.ts'

/** One terminal that its host keeps: found again after a reload, with what it wrote meanwhile. */
export function TerminalPane(props: {
  readonly terminal: TerminalRef
  readonly containerName: string
  readonly hostName: string
  /** Whether its host answers now. */
  readonly online: boolean
  readonly shown: boolean
  /** Something else has the keys, over it. */
  readonly covered?: boolean
  readonly onAgain: () => void
  /** Ends it on its host. */
  readonly onEnd: () => void
  readonly actions?: PrefixActions
}): JSX.Element {
  const terminal = createTerminal(props.terminal)
  const { screen } = terminal
  const [finding, setFinding] = createSignal(false)
  const prefix = createPrefix(screen, { ...props.actions, find: () => setFinding(true) })
  let place: HTMLDivElement | undefined

  onMount(() => {
    screen.open(place!)
    const watcher = new ResizeObserver(terminal.fit)
    watcher.observe(place!)
    // Before the screen gets it: a paste is looked at first.
    place!.addEventListener('paste', pasted, true)
    onCleanup(() => watcher.disconnect())
    terminal.fit()
    void terminal.start()
  })
  createEffect(() => {
    if (!props.shown || props.covered === true) return
    requestAnimationFrame(() => {
      terminal.fit()
      if (terminal.question() === undefined) screen.focus()
    })
  })

  function pasted(event: ClipboardEvent): void {
    event.preventDefault()
    event.stopPropagation()
    terminal.paste(event.clipboardData?.getData('text/plain') ?? '')
  }
  const pasteClipboard = () =>
    void navigator.clipboard.readText().then(
      (text) => terminal.paste(text),
      () => tell(say('terminal.noClipboard'), true),
    )

  return (
    <div class="terminal-pane" classList={{ hidden: !props.shown }}>
      <StateBar
        terminal={terminal}
        containerName={plain(props.containerName)}
        hostName={plain(props.hostName)}
        online={props.online}
        onAgain={props.onAgain}
        onEnd={props.onEnd}
        onFind={() => setFinding(true)}
      />
      <Show when={terminal.error()}>{(now) => <ErrorBox error={now()} onRetry={() => void terminal.start()} />}</Show>
      <Show when={finding()}>
        <FindBar
          search={terminal.search}
          onClose={() => {
            setFinding(false)
            screen.focus()
          }}
        />
      </Show>
      <div
        class="terminal-screen"
        classList={{ dimmed: terminal.state() !== 'live' || !props.online }}
        ref={(element) => (place = element)}
      />
      <Show when={prefix()}>
        <p class="prefix-hint" role="status">
          {say('terminal.prefix')}
        </p>
      </Show>
      <Show when={terminal.question()} keyed>
        {(now) => <Questions question={now} onAnswer={terminal.answer} />}
      </Show>
      <KeyBar terminal={terminal} onPaste={pasteClipboard} />
    </div>
  )
}
