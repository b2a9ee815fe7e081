import { readFile } from 'node:fs'
import { promisify } from 'node:util'

const read = promisify(readFile)

export interface Owners {
  user(id: bigint): string
  group(id: bigint): string
}

const mostNameChars = 64

/** What accounts and groups are called here; one that has no name is its number. Those of a directory are numbers, too. */
export async function readOwners(folder = '/etc'): Promise<Owners> {
  const [users, groups] = await Promise.all([namesIn(`${folder}/passwd`), namesIn(`${folder}/group`)])
  return { user: (id) => users.get(`${id}`) ?? `${id}`, group: (id) => groups.get(`${id}`) ?? `${id}` }
}

/** Lines of `name:x:number:…`. The first that has a number names it, as everywhere. */
async function namesIn(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await read(file, 'utf8').catch(() => '')
  const names = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':')
    if (name !== '' && /^\d+$/.test(id) && !names.has(id)) names.set(id, name.slice(0, mostNameChars))
  }
  return names
}
