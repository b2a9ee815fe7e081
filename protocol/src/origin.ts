/**
 * What is wrong with an address under which people and agents are to reach this hub; undefined: nothing. `https` anywhere.
 * `http` for this machine alone: nobody can change or read on the way what never leaves it, and nothing listens for it elsewhere.
 */
export function originFault(text: string): 'form' | 'http' | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || !/^[\w.:[\]-]+$/.test(url.host)) return 'form'
  return url.protocol === 'https:' || isThisMachine(url.hostname) ? undefined : 'http'
}

/** Of a name as `URL` writes it: `127.1` has become 127.0.0.1. */
function isThisMachine(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
