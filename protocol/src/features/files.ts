import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { bytes } from '../wire/json.ts'

/** Entries of one page. */
export const mostFileEntries = 200
/** What is read of a folder that has more: the rest is left out, and that is said. */
export const mostFolderEntries = 10_000
/** What is given out beside a whole file, so that nobody waits for that to look at another one. */
export const mostGlanceBytes = 1024 * 1024
export const mostFileBytes = 4 * 1024 ** 3

const text = (most: number) => z.string().check(z.maxLength(most))
const Size = z.int().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER))

/** Absolute, and written in one way only: a host goes along it name by name, and follows no link. */
export const FilePath = z.string().check(z.maxLength(4095), z.regex(/^\/(?:(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!$)|$))*$/))

/** `mount`: another file system begins there, which is entered only as a folder of its own in the policy. */
export const fileKinds = ['file', 'folder', 'link', 'mount', 'socket', 'pipe', 'device', 'other'] as const
export type FileKind = (typeof fileKinds)[number]

export const FileEntry = z.object({
  name: text(255),
  kind: z.enum(fileKinds),
  sizeBytes: Size,
  changedMs: z.number().check(z.gte(-8.64e15), z.lte(8.64e15)),
  /** Names where the host knows them, else numbers. */
  owner: text(64),
  group: text(64),
  /** Permission bits, 0 to 0o7777. */
  mode: z.int().check(z.gte(0), z.lte(0o7777)),
  /** Of a link: what it says. Nobody went there. */
  pointsTo: z._default(text(512), ''),
  /** Its name is no UTF-8: it is shown as well as it can be, and cannot be asked for. */
  unnamed: z._default(z.boolean(), false),
})
export type FileEntry = z.infer<typeof FileEntry>

export const FolderPage = z.object({
  path: text(4095),
  /** The folder of the policy that it lies in. */
  root: text(256),
  /** Folders first, then by name. */
  entries: z.array(FileEntry).check(z.maxLength(mostFileEntries)),
  /** Where the next page begins; null: there is none. */
  next: z.nullable(Size),
  total: Size,
  /** It has more than `mostFolderEntries`. */
  cut: z.boolean(),
})
export type FolderPage = z.infer<typeof FolderPage>

const ListInput = z.object({
  path: FilePath,
  from: z._default(z.int().check(z.gte(0), z.lte(mostFolderEntries)), 0),
  limit: z._default(z.int().check(z.gte(1), z.lte(mostFileEntries)), mostFileEntries),
})

export const ReadInput = z.object({
  path: FilePath,
  /** So many from its beginning, or all that it has when that is less. */
  bytes: z.optional(z.int().check(z.gte(0), z.lte(mostFileBytes))),
})

/** What an agent answers, of what lies in the folders that its policy names in `files.read`. */
export const files = {
  list: call(ListInput, FolderPage),
  stat: call(z.object({ path: FilePath }), FileEntry),
  /** One whole file at a time; so much as `mostGlanceBytes` goes beside it. */
  read: stream(ReadInput, bytes, { priority: 3 }),
}

export const filesApi = {
  list: api(files.list, { http: 'GET /hosts/:host/files', needs: 'files:read', on: 'host' }),
  /** Fails when the file is not whole: it became shorter, its host went away. */
  read: api(files.read, {
    http: 'GET /hosts/:host/files/content',
    needs: 'files:read',
    on: 'host',
    audit: 'file.read',
    file: 'application/octet-stream',
  }),
}
