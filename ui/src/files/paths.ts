import type { FileEntry } from '@fairlead/protocol/features/files.ts'
import { plain } from '../kit/plain.ts'

interface Crumb {
  readonly name: string
  readonly path: string
}

/** From the folder of the policy down to where one is: the folder by its whole path, then each name. */
export function crumbsOf(root: string, path: string): readonly Crumb[] {
  const crumbs: Crumb[] = [{ name: root, path: root }]
  const names = path.slice(root === '/' ? 1 : root.length + 1).split('/')
  for (const name of names) if (name !== '') crumbs.push({ name, path: below(crumbs.at(-1)!.path, name) })
  return crumbs
}

export function below(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

const letters: Readonly<Record<FileEntry['kind'], string>> = {
  file: '-',
  folder: 'd',
  mount: 'd',
  link: 'l',
  socket: 's',
  pipe: 'p',
  device: 'c',
  other: '?',
}

/** As `ls -l` writes it: `drwxr-x--t`. */
export function modeOf({ kind, mode }: Pick<FileEntry, 'kind' | 'mode'>): string {
  const three = (at: number, special: boolean, letter: string) => {
    const bits = mode >> at
    const last = special ? ((bits & 1) === 0 ? letter.toUpperCase() : letter) : (bits & 1) === 0 ? '-' : 'x'
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`
  }
  return `${letters[kind]}${three(6, (mode & 0o4000) !== 0, 's')}${three(3, (mode & 0o2000) !== 0, 's')}${three(0, (mode & 0o1000) !== 0, 't')}`
}

/** A name as it is, also of what would be a line of its own, or a gap. */
export function nameWords(name: string): string {
  return plain(name).replaceAll('\n', '‹U+000A›').replaceAll('\t', '‹U+0009›')
}

/** Its page in the console. */
export function folderUrl(host: string, path: string): string {
  return `/hosts/${encodeURIComponent(host)}/files?path=${encodeURIComponent(path)}`
}

/** Where the browser saves it from. */
export function contentUrl(host: string, path: string): string {
  return `/api/v1/hosts/${encodeURIComponent(host)}/files/content?path=${encodeURIComponent(path)}`
}

/** A whole policy of a host that gives one folder away. */
export const policyLine = '{ "files": { "read": ["/srv"] } }'

/** The text of what was read, which may end in the middle of a letter; undefined: it is none. */
export function textOf(parts: readonly Uint8Array[]): string | undefined {
  const decoder = new TextDecoder('utf-8')
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join('')
  return text.includes('\0') ? undefined : text
}
