import { createEffect, createSignal, onCleanup, Show, type JSX } from 'solid-js'
import { link, retryNow } from '../api/api.ts'
import { clock, t } from '../i18n/i18n.ts'

/** A short loss is not worth a word; after that the age of what one sees is. */
const quietMs = 3000
/** By then it has tried several times by itself. */
const manualMs = 12_000

/** The link to the hub, when it is lost, and the hub's newer console, when there is one. Neither is ever forced on anyone. */
export function Banner(): JSX.Element {
  const [late, setLate] = createSignal(false)
  const [manual, setManual] = createSignal(false)
  const newer = createNewer()
  const lost = () => {
    const now = link()
    return now.state === 'lost' ? now : undefined
  }
  createEffect(() => {
    setLate(false)
    setManual(false)
    const now = lost()
    if (now === undefined) return
    const afterMs = (delayMs: number) => Math.max(0, now.sinceMs + delayMs - Date.now())
    const timers = [setTimeout(() => setLate(true), afterMs(quietMs)), setTimeout(() => setManual(true), afterMs(manualMs))]
    onCleanup(() => timers.forEach(clearTimeout))
  })
  return (
    <div class="banners" role="status">
      <Show when={late() ? lost() : undefined}>{(now) => <Lost sinceMs={now().sinceMs} manual={manual()} onRetry={retryNow} />}</Show>
      <Show when={newer()}>
        <Newer />
      </Show>
    </div>
  )
}

/** Since when nothing came. What is shown stays as it was then. */
export function Lost(props: { readonly sinceMs: number; readonly manual: boolean; readonly onRetry: () => void }): JSX.Element {
  return (
    <p class="banner">
      <span class="grow">
        <span class="state-warn" aria-hidden="true">
          ▲
        </span>{' '}
        {t('link.lost', { time: clock(props.sinceMs) })}
      </span>
      <Show when={props.manual}>
        <button type="button" onClick={() => props.onRetry()}>
          {t('link.retry')}
        </button>
      </Show>
    </p>
  )
}

export function Newer(): JSX.Element {
  return (
    <p class="banner calm">
      <span class="grow">{t('link.newer')}</span>
      <button type="button" onClick={() => location.reload()}>
        {t('link.reload')}
      </button>
    </p>
  )
}

/** The names of a console's first files hold the hash of all of it, its style apart. */
const filesOf = (html: string) => [...html.matchAll(/"(\/assets\/main-[^"]+)"/g)].map(([, file]) => file).join(' ')

/** Whether the hub serves another console than this one: looked at whenever the link comes back. */
function createNewer(): () => boolean {
  const [newer, setNewer] = createSignal(false)
  const own = [...document.querySelectorAll('link[href^="/assets/main-"], script[src^="/assets/main-"]')]
    .map((element) => element.getAttribute('src') ?? element.getAttribute('href'))
    .join(' ')
  let wasLost = false
  async function look(): Promise<void> {
    // Lost again meanwhile: the next return looks again.
    const served = filesOf(
      await fetch('/')
        .then((answer) => answer.text())
        .catch(() => ''),
    )
    if (served !== '' && own !== '' && served !== own) setNewer(true)
  }
  createEffect(() => {
    if (link().state === 'lost') wasLost = true
    if (link().state !== 'up' || !wasLost) return
    wasLost = false
    void look()
  })
  return newer
}
