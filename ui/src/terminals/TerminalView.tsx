import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal as Screen } from '@xterm/xterm'
import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import type { WireStream } from '@fairlead/protocol/wire/session.ts'
import { ask, openRaw } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { ErrorBox } from '../kit/kit.tsx'

const encoder = new TextEncoder()
const phoneKeys = {
  Esc: '\u001B',
  Tab: '\t',
  '^C': '\u0003',
  '^D': '\u0004',
  '↑': '\u001B[A',
  '↓': '\u001B[B',
  '←': '\u001B[D',
  '→': '\u001B[C',
} as const

/** A terminal that the host keeps: found again after a reload, with what it wrote meanwhile. */
export function TerminalView(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [writer, setWriter] = createSignal(true)
  const [exit, setExit] = createSignal<number>()
  const [terminal, setTerminal] = createSignal<string>()
  let place: HTMLDivElement | undefined
  let stream: WireStream | undefined
  let seen = 0
  let early = ''
  let left = false
  const screen = new Screen({ fontSize: 13, scrollback: 5000, allowProposedApi: false, theme: { background: '#101317' } })
  const fit = new FitAddon()
  screen.loadAddon(fit)
  // A program may neither read nor write the clipboard, nor have its title reported back into its own input.
  screen.parser.registerOscHandler(52, () => true)
  screen.parser.registerCsiHandler({ final: 't' }, () => true)

  function send(text: string): void {
    // Typed before the shell was there: kept until it is.
    if (stream === undefined) early += text
    else stream.write(encoder.encode(text)).catch(() => undefined)
  }
  screen.onData((text) => {
    const lines = text.split('\r').length
    // One newline more than a key makes: pasted, and each line would run at once.
    if (lines > 2 && !confirm(t('terminal.paste', { n: lines }))) return
    send(text)
  })
  screen.onResize(({ cols, rows }) => stream?.sendSignal('resize', [cols, rows]))

  async function attach(id: string): Promise<void> {
    while (!left && exit() === undefined) {
      try {
        const now = await openRaw('terminals.attach', { host: props.host, id, after: seen }, { priority: 1, windowBytes: 64 * 1024 })
        stream = now
        let at = seen
        now.onSignal = (kind, value) => {
          if (kind === 'position') at = Number(value)
          if (kind === 'writer') setWriter(value === true)
          if (kind === 'exit') setExit(Number(value))
        }
        now.sendSignal('resize', [screen.cols, screen.rows])
        const typed = early
        early = ''
        if (typed !== '') send(typed)
        for await (const bytes of now) {
          // What was shown before the link broke is not shown twice.
          const skip = Math.max(0, seen - at)
          if (skip < bytes.length) screen.write(bytes.subarray(skip))
          at += bytes.length
          seen = Math.max(seen, at)
        }
        return
      } catch (reason) {
        if ((reason as { code?: string }).code === 'not_found') throw reason
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  }

  async function start(): Promise<void> {
    setError(undefined)
    setExit(undefined)
    seen = 0
    screen.reset()
    try {
      fit.fit()
      const held = (await ask('terminals.list', { host: props.host } as never)).find(
        ({ container, exitCode }) => container.startsWith(props.id) && exitCode === undefined,
      )
      const id =
        held?.id ?? (await ask('terminals.open', { host: props.host, container: props.id, columns: screen.cols, rows: screen.rows })).id
      setTerminal(id)
      await attach(id)
    } catch (reason) {
      setError(reason)
    }
  }

  onMount(() => {
    screen.open(place!)
    const watcher = new ResizeObserver(() => fit.fit())
    watcher.observe(place!)
    screen.focus()
    void start()
    onCleanup(() => {
      left = true
      watcher.disconnect()
      // Leaving the page is no reason for the terminal to end.
      stream?.reset('canceled')
      screen.dispose()
    })
  })

  return (
    <>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={() => void start()} />}</Show>
      <div class="row" style={{ 'padding-bottom': '8px' }}>
        <Show when={!writer()}>
          <span class="dim">{t('terminal.watching')}</span>
          <button type="button" onClick={() => stream?.sendSignal('write', true)}>
            {t('terminal.take')}
          </button>
        </Show>
        <Show when={exit() !== undefined}>
          <span class="dim">{t('terminal.closed', { code: exit() ?? '' })}</span>
          <button type="button" onClick={() => void start()}>
            {t('terminal.open')}
          </button>
        </Show>
        <Show when={exit() === undefined && terminal()}>
          {(id) => (
            <button type="button" onClick={() => void ask('terminals.close', { host: props.host, id: id() }).catch(setError)}>
              {t('terminal.close')}
            </button>
          )}
        </Show>
      </div>
      <div class="terminal" ref={(element) => (place = element)} />
      <div class="keys">
        <For each={Object.entries(phoneKeys)}>
          {([label, text]) => (
            <button type="button" onClick={() => (send(text), screen.focus())}>
              {label}
            </button>
          )}
        </For>
      </div>
    </>
  )
}
