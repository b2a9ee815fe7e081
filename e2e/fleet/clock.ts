import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A wall clock for one program that can be set while it runs. Steady time goes on as it is, as after a real change of the clock. */
export interface FakeClock {
  /** For the program's environment. */
  readonly env: Readonly<Record<string, string>>
  /** `+3600`, `-86400`: seconds from now on, against the true time. */
  shift(seconds: number): void
  close(): void
}

export function createFakeClock(): FakeClock {
  const dir = mkdtempSync('/var/tmp/fairlead-clock-')
  const file = join(dir, 'offset')
  const shift = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  shift(0)
  return {
    env: {
      LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    shift,
    close: () => rmSync(dir, { recursive: true, force: true }),
  }
}
