/** The places of the rail: key, text, address, picture. */
export const places = [
  ['g o', 'nav.overview', '/', 'overview'],
  ['g h', 'nav.hosts', '/hosts', 'hosts'],
  ['g c', 'nav.containers', '/containers', 'containers'],
  ['g l', 'nav.logs', '/logs', 'logs'],
  ['g t', 'nav.terminals', '/terminals', 'terminals'],
  ['g y', 'nav.activity', '/activity', 'activity'],
] as const
