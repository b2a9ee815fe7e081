import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './tlsproxy.ts'
import { until } from './until.ts'

const bin = '/usr/lib/postgresql/15/bin'

/** A PostgreSQL 15 of its own, on this machine alone, whose pg_dump is here too: the bundled one has none. `url`: of a user, who needs no password. */
export async function startPostgres15(
  dir: string,
  { logs = true, roles = [] }: { readonly logs?: boolean; readonly roles?: readonly string[] } = {},
) {
  const account = process.getuid?.() === 0 ? accountOf('postgres') : undefined
  const [data, sockets] = [join(dir, 'data'), join(dir, 'run')]
  for (const folder of [data, sockets]) {
    mkdirSync(folder, { mode: 0o700 })
    if (account !== undefined) chownSync(folder, account.uid, account.gid)
  }
  const made = spawnSync(`${bin}/initdb`, ['-D', data, '-A', 'trust', '-U', 'owner', '--no-locale', '--no-sync'], { ...account, cwd: dir })
  assert.equal(made.status, 0, String(made.stderr))
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${sockets}`,
    'fsync=off',
    `log_statement=${logs ? 'all' : 'none'}`,
    'log_destination=stderr',
  ]
  const server: ChildProcess = spawn(`${bin}/postgres`, ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
    ...account,
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  server.stderr!.on('data', (part: Buffer) => (log += part.toString()))
  // It listens before it lets anybody in.
  await until(() => log.includes('ready to accept connections') || server.exitCode !== null)
  assert.equal(server.exitCode, null, log)
  for (const role of roles)
    assert.equal(
      spawnSync(`${bin}/createuser`, ['-h', sockets, '-p', String(port), '-U', 'owner', role], { ...account, cwd: dir }).status,
      0,
    )
  return {
    data,
    sockets,
    port,
    url: (user: string) => `postgres://${user}@127.0.0.1:${port}/postgres`,
    log: () => log,
    // Not waited for in one go: the server would stop at its log, which nobody reads meanwhile.
    async dump() {
      const child = spawn(`${bin}/pg_dump`, ['-h', sockets, '-p', String(port), '-U', 'owner', 'postgres'], {
        ...account,
        cwd: dir,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const parts: Buffer[] = []
      child.stdout.on('data', (part: Buffer) => parts.push(part))
      const [code] = (await once(child, 'close')) as [number]
      assert.equal(code, 0)
      return Buffer.concat(parts)
    },
    async stop() {
      server.kill('SIGINT')
      await once(server, 'close')
    },
  }
}

function accountOf(name: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * PgBouncer before a PostgreSQL's sockets, in transaction mode: whoever asks next has the connection. `url`: of a user's own; at most so
 * many connections reach the database.
 */
export async function startPgBouncer(
  dir: string,
  at: { readonly sockets: string; readonly port: number },
  { users, connections }: { readonly users: readonly string[]; readonly connections: number },
) {
  const account = process.getuid?.() === 0 ? accountOf('postgres') : undefined
  const [folder, port] = [join(dir, 'pool'), await freePort()]
  mkdirSync(folder, { mode: 0o700 })
  const settings = join(folder, 'pgbouncer.ini')
  writeFileSync(join(folder, 'users.txt'), users.map((user) => `"${user}" ""\n`).join(''))
  writeFileSync(
    settings,
    `[databases]\npostgres = host=${at.sockets} port=${at.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = trust
auth_file = ${folder}/users.txt\npool_mode = transaction\ndefault_pool_size = ${connections}\nmax_client_conn = 500\n`,
  )
  if (account !== undefined) for (const path of [folder, settings, join(folder, 'users.txt')]) chownSync(path, account.uid, account.gid)
  const server = spawn('pgbouncer', [settings], { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  server.stderr.on('data', (part: Buffer) => (log += part.toString()))
  await until(() => answers(port) || server.exitCode !== null)
  assert.equal(server.exitCode, null, log)
  return {
    url: (user: string) => `postgres://${user}@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGTERM')
      if (server.exitCode === null) await once(server, 'close')
    },
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
