/** How a wave is, in one mark. */
export const waveMarks = {
  waiting: 'busy',
  running: 'busy',
  paused: 'warn',
  halted: 'critical',
  done: 'ok',
  stopped: 'off',
} as const

/** How a host of a wave is; in the order in which they are counted up. */
export const hostMarks = {
  failed: 'critical',
  done: 'ok',
  starting: 'busy',
  sending: 'busy',
  waiting: 'off',
  left: 'stale',
  skipped: 'unknown',
  dropped: 'off',
} as const
