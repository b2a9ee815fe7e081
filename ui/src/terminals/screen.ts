import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { Terminal as Screen } from '@xterm/xterm'
import { parseOsc52 } from './guard.ts'

interface ScreenAsks {
  /** A program wants to put this into the clipboard. */
  copy(text: string): void
  /** A program wanted to read the clipboard, and did not. */
  readDenied(): void
  /** Somebody pressed a link of a program's. */
  link(url: string): void
}

/** Light on dark in every theme, as programs expect; each pair of colours is at least 4.5 to 1. */
const theme = { background: '#101317', foreground: '#e3e7ee', cursor: '#7fa8ff', selectionBackground: '#37507f' }

/**
 * A screen that gives nothing away: no program may read the clipboard, write to it unasked, have its title or a setting
 * reported back into its own input, nor open a page.
 */
export function makeScreen(asks: ScreenAsks, readAloud: boolean) {
  const screen = new Screen({
    fontSize: 13,
    scrollback: 5000,
    allowProposedApi: false,
    theme,
    minimumContrastRatio: 4.5,
    screenReaderMode: readAloud,
    linkHandler: { activate: (_event, url) => asks.link(url), allowNonHttpProtocols: false },
  })
  const fit = new FitAddon()
  const search = new SearchAddon()
  screen.loadAddon(fit)
  screen.loadAddon(search)
  let parsed = 0
  let written = 0
  let replayUntil = 0
  const replaying = () => parsed < replayUntil

  screen.parser.registerOscHandler(52, (data) => {
    const ask = parseOsc52(data)
    // What was asked for long ago is not asked for again because somebody looks.
    if (ask === undefined || replaying()) return true
    if (ask.kind === 'read') asks.readDenied()
    else asks.copy(ask.text)
    return true
  })
  // Title and window reports, settings, colours: nothing a program wrote comes back as if it had been typed.
  screen.parser.registerCsiHandler({ final: 't' }, () => true)
  screen.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true)
  screen.parser.registerDcsHandler({ intermediates: '+', final: 'q' }, () => true)
  for (const color of [4, 10, 11, 12]) screen.parser.registerOscHandler(color, (data) => data.includes('?'))
  // Where the cursor is and what this is, programs may ask, but not out of a replay: the answer would be typed into whatever runs now.
  for (const query of [
    { final: 'c' },
    { prefix: '>', final: 'c' },
    { final: 'n' },
    { prefix: '?', final: 'n' },
    { intermediates: '$', final: 'p' },
    { prefix: '?', intermediates: '$', final: 'p' },
  ])
    screen.parser.registerCsiHandler(query, replaying)

  return {
    screen,
    fit: () => fit.fit(),
    search,
    write(bytes: Uint8Array): void {
      written += bytes.length
      const end = written
      screen.write(bytes, () => (parsed = Math.max(parsed, end)))
    },
    /** So many bytes to come were written before anyone looked. */
    replay: (bytes: number) => void (replayUntil = written + bytes),
  }
}
