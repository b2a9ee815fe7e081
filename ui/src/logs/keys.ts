export interface LogActions {
  follow(): void
  pause(): void
  next(): void
  previous(): void
  time(): void
  step(by: 1 | -1): void
  unfold(): void
  clear(): void
}

/** Single letters never fire where someone types, nor in a terminal. Answers how to stop listening. */
export function onLogKeys(actions: LogActions): () => void {
  let goingMs = 0
  const keys: Readonly<Record<string, () => void>> = {
    End: actions.follow,
    f: actions.follow,
    p: actions.pause,
    n: actions.next,
    N: actions.previous,
    t: actions.time,
    j: () => actions.step(1),
    k: () => actions.step(-1),
    Escape: actions.clear,
  }
  // Arrows scroll elsewhere; in the log itself they move from line to line, with Shift for selecting left alone.
  const inLog: Readonly<Record<string, () => void>> = {
    ArrowDown: () => actions.step(1),
    ArrowUp: () => actions.step(-1),
    Enter: actions.unfold,
  }

  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('.terminal, dialog, [role=dialog]') !== null) return
    // "g t" goes to the terminals; its second letter is not ours.
    if (event.key === 'g') goingMs = Date.now()
    else if (Date.now() - goingMs < 1500) return void (goingMs = 0)
    const act = keys[event.key] ?? (target.getAttribute('role') === 'log' && !event.shiftKey ? inLog[event.key] : undefined)
    if (act === undefined) return
    event.preventDefault()
    act()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
