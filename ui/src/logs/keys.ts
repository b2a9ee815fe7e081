import { createKeys } from '../kit/keys.ts'

interface LogActions {
  follow(): void
  pause(): void
  next(): void
  previous(): void
  time(): void
  step(by: 1 | -1): void
  unfold(): void
  /** Answers false when there was nothing to clear. */
  clear(): boolean
}

/** The keys of a log, for as long as it is shown. Arrows scroll elsewhere; in the log itself they go from line to line. */
export function createLogKeys(actions: LogActions): void {
  const inLog = (act: () => void) => () => (document.activeElement?.getAttribute('role') === 'log' ? act() : false)
  createKeys([
    { combo: 'f', label: 'logs.keys.follow', run: actions.follow },
    { combo: 'End', label: 'logs.keys.follow', run: actions.follow },
    { combo: 'p', label: 'logs.keys.pause', run: actions.pause },
    { combo: 'n', label: 'logs.next', run: actions.next },
    { combo: 'Shift+n', label: 'logs.previous', run: actions.previous },
    { combo: 't', label: 'logs.jump', run: actions.time },
    { combo: 'j', label: 'logs.keys.down', run: () => actions.step(1) },
    { combo: 'k', label: 'logs.keys.up', run: () => actions.step(-1) },
    { combo: 'ArrowDown', label: 'logs.keys.down', run: inLog(() => actions.step(1)) },
    { combo: 'ArrowUp', label: 'logs.keys.up', run: inLog(() => actions.step(-1)) },
    { combo: 'Enter', label: 'logs.unfold', run: inLog(actions.unfold) },
    { combo: 'Escape', label: 'keys.clear', run: actions.clear },
  ])
}
