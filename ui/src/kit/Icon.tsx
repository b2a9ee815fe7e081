import type { JSX } from 'solid-js'

/** Drawn on a grid of 16, one stroke wide. Always beside a word, or under a label: on its own it says nothing. */
const paths = {
  overview: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
  hosts: 'M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.01M4.5 11h.01M11 5h1.5M11 11h1.5',
  containers: 'M8 1.8 14 5v6l-6 3.2L2 11V5zM2 5l6 3.2L14 5M8 8.2v6',
  logs: 'M2.5 3.5h11M2.5 6.5h8M2.5 9.5h11M2.5 12.5h6',
  terminals: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10h3',
  activity: 'M1.5 8h3l2-5 3 10 2-5h3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3 14 14',
  user: 'M8 2.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM2.5 14c.5-3 2.6-4.5 5.5-4.5s5 1.5 5.5 4.5',
  access: 'M10 2a4 4 0 1 1-3.6 5.7L2 12v2h3v-2h2v-2l1.6-.3M11 5h.01',
  secrets: 'M3 7h10v7H3zM5 7V5a3 3 0 0 1 6 0v2M8 10v1.5',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  add: 'M8 3v10M3 8h10',
} as const

export type IconName = keyof typeof paths

export function Icon(props: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[props.name]} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  )
}
