import type { HealHere } from '@fairlead/protocol/features/rules.ts'

/** A rule that looks after all containers of its host, for tests. */
export const healRule = (more: Partial<HealHere> = {}): HealHere => ({
  name: 'well',
  on: true,
  label: '',
  pattern: '',
  stack: '',
  unhealthySeconds: 60,
  failed: true,
  perHour: 3,
  from: 'host',
  ...more,
})
