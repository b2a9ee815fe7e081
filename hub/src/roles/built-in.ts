/** A role that every organization has. Its name is its id; what it is for is said by the console, in its reader's language. */
interface BuiltIn {
  readonly name: string
  readonly has: (permission: string) => boolean
}

const looks = ['hosts:read', 'fleet:read', 'containers:read', 'events:read', 'metrics:read', 'rules:read']
const looksCloser = [...looks, 'containers:inspect', 'containers:logs', 'terminals:read']
const governs = [
  'audit:read',
  'audit:export',
  'roles:read',
  'accounts:read',
  'teams:read',
  'tokens:read',
  'secrets:read',
  'identities:read',
  'settings:read',
]

const only = (...permissions: readonly string[]) => {
  const set = new Set(permissions)
  return (permission: string) => set.has(permission)
}

/**
 * The most powerful first. What is new goes to owners and admins by itself, and to nobody else before it is listed here. Viewers see
 * that things run, not what they say: logs and settings of containers hold secrets.
 */
export const builtInRoles: readonly BuiltIn[] = [
  { name: 'owner', has: (permission) => !permission.startsWith('hub:') },
  { name: 'admin', has: (permission) => !/^(hub|organization):/.test(permission) },
  {
    name: 'operator',
    has: only(
      ...looksCloser,
      'containers:operate',
      'containers:remove',
      'containers:exec',
      'terminals:open',
      'hosts:manage',
      'rules:manage',
    ),
  },
  { name: 'developer', has: only(...looksCloser, 'containers:operate', 'terminals:open') },
  { name: 'viewer', has: only(...looks) },
  { name: 'auditor', has: only(...looks, ...governs) },
  // For the service account of somebody's own directory: it makes people and teams, and gives them nothing.
  { name: 'provisioner', has: only('scim:provision') },
]

export function isBuiltIn(name: string): boolean {
  return builtInRoles.some((role) => role.name === name)
}

/** Permissions of a built-in role, of all that there are. */
export function permissionsOf(name: string, all: readonly string[]): ReadonlySet<string> {
  const role = builtInRoles.find((one) => one.name === name)
  return new Set(role === undefined ? [] : all.filter(role.has))
}
