import { may } from '../kit/me.ts'

/** The places of the rail: key, text, address, picture, and of which permissions one must be held for it to be of use. */
const all = [
  ['g o', 'nav.overview', '/', 'overview', []],
  ['g h', 'nav.hosts', '/hosts', 'hosts', ['hosts:read']],
  ['g c', 'nav.containers', '/containers', 'containers', ['fleet:read']],
  ['g l', 'nav.logs', '/logs', 'logs', ['containers:logs']],
  ['g t', 'nav.terminals', '/terminals', 'terminals', ['terminals:read', 'terminals:open']],
  ['g y', 'nav.activity', '/activity', 'activity', ['audit:read']],
  [
    'g u',
    'nav.access',
    '/access',
    'access',
    ['accounts:read', 'teams:read', 'roles:read', 'environments:manage', 'tokens:read', 'identities:read'],
  ],
  ['g k', 'nav.secrets', '/secrets', 'secrets', ['secrets:read']],
  ['g e', 'nav.settings', '/settings', 'settings', ['settings:read']],
] as const

/** Those for which the bar of a phone has no room: they are under More there. */
export const isMore = (path: string) => path === '/access' || path === '/secrets' || path === '/settings'

/** Those that this person can do something with. */
export const places = () => all.filter(([, , , , needs]) => needs.length === 0 || needs.some(may))
