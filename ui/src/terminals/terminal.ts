import { createEffect, createSignal, onCleanup, untrack } from 'solid-js'
import { link, openRaw } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { tell } from '../kit/kit.tsx'
import { makeAttachment, type AttachState } from './attach.ts'
import { checkPaste, withCtrl, type PasteCheck } from './guard.ts'
import { listHeld } from './held.ts'
import type { TerminalRef } from './ref.ts'
import { makeScreen } from './screen.ts'

/** A question about what a program or a paste wants; the terminal waits for the answer. */
export type Question =
  | { readonly kind: 'paste'; readonly check: PasteCheck }
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string }

const readAloudKey = 'terminal-read-aloud'
/** A program that was refused once asks in vain for so long. */
const refusedMs = 60_000

/** What is asked, and what the answer does; in either case the terminal has the keys again. */
function createQuestions(focus: () => void, paste: (text: string) => void) {
  const [question, setQuestion] = createSignal<Question>()
  let refusedUntil = 0
  return {
    question,
    ask(next: Question): void {
      if (next.kind !== 'copy' || Date.now() > refusedUntil) setQuestion(next)
    },
    answer(yes: boolean): void {
      const now = question()
      setQuestion(undefined)
      if (now?.kind === 'copy' && !yes) refusedUntil = Date.now() + refusedMs
      if (now?.kind === 'paste' && yes) paste(now.check.text)
      if (now?.kind === 'link' && yes) open(now.url, '_blank', 'noopener,noreferrer')
      if (now?.kind === 'copy' && yes)
        navigator.clipboard.writeText(now.text).then(
          () => tell(t('copied')),
          () => tell(say('terminal.noClipboard'), true),
        )
      focus()
    },
  }
}

/** The screen, read aloud or not: a setting of this browser. */
function createScreen(ask: (question: Question) => void) {
  const [readAloud, setReadAloud] = createSignal(localStorage.getItem(readAloudKey) === 'on')
  const parts = makeScreen(
    {
      copy: (text) => ask({ kind: 'copy', text }),
      readDenied: () => tell(say('terminal.readDenied'), true),
      link: (url) => ask({ kind: 'link', url }),
    },
    readAloud(),
  )
  function turnReadAloud(): void {
    const next = !readAloud()
    parts.screen.options.screenReaderMode = next
    localStorage.setItem(readAloudKey, next ? 'on' : 'off')
    setReadAloud(next)
  }
  return { ...parts, readAloud, turnReadAloud }
}

/** Whether keys would go nowhere: the link is lost, or is back and does not carry this terminal yet. */
function createCut(isConnected: () => boolean) {
  const [cut, setCut] = createSignal(false)
  createEffect(() => {
    if (link().state !== 'up') return void setCut(true)
    if (!untrack(cut)) return
    const timer = setInterval(() => isConnected() && (clearInterval(timer), setCut(false)), 100)
    onCleanup(() => clearInterval(timer))
  })
  return cut
}

/** Everything a terminal does, without how it looks. Leaving it does not end it. */
export function createTerminal({ host, id }: TerminalRef) {
  const [state, setState] = createSignal<AttachState>('opening')
  const [error, setError] = createSignal<unknown>()
  const [writer, setWriter] = createSignal(true)
  const [exit, setExit] = createSignal<number>()
  const [ctrl, setCtrl] = createSignal(false)
  const cut = createCut(() => attachment.isConnected())
  const questions = createQuestions(
    () => screen.focus(),
    (text) => screen.paste(text),
  )
  const parts = createScreen(questions.ask)
  const { screen } = parts
  const fit = () => void (writer() && screen.element?.offsetParent != null && parts.fit())
  const attachment = makeAttachment(
    (after) => openRaw('terminals.attach', { host, id, after }, { priority: 1, windowBytes: 64 * 1024 }),
    {
      write: parts.write,
      gap: (bytes) => screen.writeln(`\r\n\u001B[2m${say('terminal.gap', { n: bytes })}\u001B[0m`),
      state(next, reason) {
        setState(next)
        setError(next === 'failed' ? reason : undefined)
      },
      writer(is) {
        setWriter(is)
        screen.options.disableStdin = !is
        fit()
      },
      // A watcher sees it as wide as the one who types has it.
      size: (columns, rows) => !writer() && columns > 1 && rows > 0 && screen.resize(columns, rows),
      exit: setExit,
    },
    (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  )
  function type(text: string): void {
    const held = ctrl() ? withCtrl(text) : undefined
    setCtrl(false)
    attachment.send(held ?? text)
  }
  screen.onData(type)
  screen.onResize(({ cols, rows }) => writer() && attachment.resize(cols, rows))
  onCleanup(() => {
    attachment.leave()
    screen.dispose()
  })

  return {
    ...parts,
    ...questions,
    /** The link may be lost long before the terminal's own stream is given up. */
    state: () => (state() === 'live' && cut() ? 'detached' : state()),
    error,
    writer,
    exit,
    ctrl,
    turnCtrl: () => setCtrl(!ctrl()),
    fit,
    type,
    // What is typed from here on comes behind the wish, which the host grants first: no key is lost while it answers.
    take: () => void (attachment.take() && (screen.options.disableStdin = false)),
    async start(): Promise<void> {
      // What is in the replay was written before anyone looked here.
      const held = await listHeld(host).catch(() => [])
      parts.replay(held.find((one) => one.id === id)?.position ?? 0)
      await attachment.run()
    },
    paste(raw: string): void {
      const check = checkPaste(raw)
      if (!writer() || check.text === '') return
      if (check.ask) questions.ask({ kind: 'paste', check })
      else screen.paste(check.text)
    },
  }
}

export type TerminalFace = ReturnType<typeof createTerminal>
