import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What a program asked of its disk, as the kernel was asked; paths are whole. */
export type DiskOp =
  | { readonly kind: 'open'; readonly path: string; readonly empties: boolean }
  /** `at` undefined: behind all that the file has. */
  | { readonly kind: 'write'; readonly path: string; readonly at: number | undefined; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'copy'; readonly path: string; readonly from: string; readonly at: number; readonly bytes: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove' | 'folder' | 'sync'; readonly path: string }
  /** Nobody replays it. */
  | { readonly kind: 'unknown'; readonly path: string; readonly call: string }

const traced = [
  'open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,copy_file_range,sendfile,ioctl,mmap',
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,sync_file_range',
].join()

/** What stands before a program, so that what it and its children do to disks is written down; to files of this prefix. */
export const tracing = (prefix: string): readonly string[] => {
  const said = ['signal=none', 'status=successful', `trace=${traced}`].flatMap((which) => ['-e', which])
  return ['-ff', '-qq', '--seccomp-bpf', '-ttt', '-y', '-xx', '-s', '100000', ...said, '-o', prefix]
}

/** What was done below a folder, in order. Throws for what it knows no way to replay. */
export function readTrace(prefix: string, below: string): DiskOp[] {
  const folder = dirname(prefix)
  const ops = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(prefix)}.`))
    .flatMap((name) => readFileSync(join(folder, name), 'latin1').split('\n'))
    .map((line) => /^(\d+\.\d+) (\w+)\((.*)\) += (\d+)/.exec(line))
    .filter((match) => match !== null)
    .sort(([, a], [, b]) => Number(a) - Number(b))
    .map(([, , call, said, result]) => opOf(call!, said!.split(', '), Number(result)))
    .filter((op) => op !== undefined && (op.path === below || op.path.startsWith(`${below}/`))) as DiskOp[]
  const unknown = ops.find((op) => op.kind === 'unknown')
  if (unknown !== undefined) throw new Error(`"${unknown.call}" on ${unknown.path} is not replayed yet`)
  return ops
}

type Opener = (said: readonly string[], result: number) => DiskOp | undefined

const openers: Readonly<Record<string, Opener>> = {
  open: ([path, flags]) => openOf(textOf(path), flags!),
  openat: ([at, path, flags]) => openOf(under(at, path), flags!),
  creat: ([path]) => openOf(textOf(path), 'O_CREAT|O_TRUNC'),
  write: ([file, bytes], result) => ({ kind: 'write', path: fileOf(file), at: undefined, bytes: bytesOf(bytes).subarray(0, result) }),
  pwrite64: ([file, bytes, , at], result) => ({
    kind: 'write',
    path: fileOf(file),
    at: Number(at),
    bytes: bytesOf(bytes).subarray(0, result),
  }),
  ftruncate: ([file, bytes]) => ({ kind: 'resize', path: fileOf(file), bytes: Number(bytes) }),
  copy_file_range: ([from, at, file], bytes) => ({ kind: 'copy', path: fileOf(file), from: fileOf(from), at: placeOf(at), bytes }),
  sendfile: ([file, from, at], bytes) => ({ kind: 'copy', path: fileOf(file), from: fileOf(from), at: placeOf(at), bytes }),
  rename: ([path, to]) => ({ kind: 'rename', path: textOf(path), to: textOf(to) }),
  renameat: ([from, path, into, to]) => ({ kind: 'rename', path: under(from, path), to: under(into, to) }),
  renameat2: ([from, path, into, to]) => ({ kind: 'rename', path: under(from, path), to: under(into, to) }),
  unlink: ([path]) => ({ kind: 'remove', path: textOf(path) }),
  unlinkat: ([at, path]) => ({ kind: 'remove', path: under(at, path) }),
  mkdir: ([path]) => ({ kind: 'folder', path: textOf(path) }),
  mkdirat: ([at, path]) => ({ kind: 'folder', path: under(at, path) }),
  fsync: ([file]) => ({ kind: 'sync', path: fileOf(file) }),
  fdatasync: ([file]) => ({ kind: 'sync', path: fileOf(file) }),
  // Only a copy that shares what it copies would be one of ours.
  ioctl: ([file, what]) => (/CLONE/.test(what!) ? { kind: 'unknown', path: fileOf(file), call: what! } : undefined),
  mmap: (said) =>
    /PROT_WRITE/.test(said[2]!) && /MAP_SHARED/.test(said[3]!) ? { kind: 'unknown', path: fileOf(said[4]), call: 'mmap' } : undefined,
}

function opOf(call: string, said: readonly string[], result: number): DiskOp | undefined {
  const opener = openers[call]
  // Its file, or its path.
  return opener === undefined ? { kind: 'unknown', path: fileOf(said[0]) || textOf(said[0]), call } : opener(said, result)
}

function openOf(path: string, flags: string): DiskOp | undefined {
  const empties = flags.includes('O_TRUNC')
  return empties || flags.includes('O_CREAT') ? { kind: 'open', path, empties } : undefined
}

/** Bytes as strace writes them with `-xx`. */
const bytesOf = (said = '') => Buffer.from(said.replace(/[^0-9a-f\\x]/g, '').replaceAll('\\x', ''), 'hex')
const textOf = (said = '') => bytesOf(/^"(.*)"$/.exec(said)?.[1]).toString()
/** Of a descriptor; '' for what is no file. */
const fileOf = (said = '') => bytesOf(/^[A-Z_\d]+<((?:\\x..)+)>/.exec(said)?.[1]).toString()
const placeOf = (said = '') => Number(/\[(\d+)/.exec(said)?.[1] ?? 0)

function under(at: string | undefined, said: string | undefined): string {
  const path = textOf(said)
  return path.startsWith('/') ? path : join(fileOf(at), path)
}
