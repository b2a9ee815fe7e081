import type { JSX } from 'solid-js'

/** The mark: a ring that guides a line, which is what a fairlead is. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <circle cx="10" cy="10" r="6.5" fill="none" stroke="currentColor" stroke-width="3.2" />
      <path d="M1 13.5C6 13.5 8 6.5 19 6.5" fill="none" stroke="var(--panel)" stroke-width="3.6" />
      <path d="M1 13.5C6 13.5 8 6.5 19 6.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  )
}
