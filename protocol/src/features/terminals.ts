import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, duplex } from '../contract.ts'
import { bytes } from '../wire/json.ts'
import { ContainerRef } from './containers.ts'

const TerminalId = z.string().check(z.regex(/^[a-f0-9]{32}$/))
const Columns = z.int().check(z.gte(2), z.lte(1000))
const Rows = z.int().check(z.gte(1), z.lte(500))

/** An interactive exec that the agent holds, whether or not anyone watches. */
export const Terminal = z.object({
  id: z.string(),
  name: z.string(),
  container: z.string(),
  containerName: z.string(),
  command: z.array(z.string()),
  columns: z.int(),
  rows: z.int(),
  createdMs: z.number(),
  /** When the last viewer left; 0 while someone watches. */
  idleSinceMs: z.number(),
  viewers: z.int(),
  /** Absent while it runs. */
  exitCode: z.optional(z.int()),
  /** Position of the newest byte of output. */
  position: z.int(),
})
export type Terminal = z.infer<typeof Terminal>

export const TerminalOpen = z.object({
  container: ContainerRef,
  /** Empty: the first of bash, ash, sh that the container has. */
  command: z._default(z.array(z.string().check(z.maxLength(4096))).check(z.maxLength(64)), []),
  user: z.optional(z.string().check(z.regex(/^[a-zA-Z0-9_.-]{1,64}(?::[a-zA-Z0-9_.-]{1,64})?$/))),
  name: z._default(z.string().check(z.maxLength(64)), ''),
  columns: z._default(Columns, 80),
  rows: z._default(Rows, 24),
})

/** `after`: replay from this position on (what the viewer already has); absent: the whole replay buffer, 1 MiB at most. */
const TerminalAttach = z.object({
  id: TerminalId,
  after: z.optional(z.int().check(z.gte(0))),
  watch: z._default(z.boolean(), false),
})

/**
 * SIGNAL kinds of `attach`. From the viewer: `resize` [columns, rows]; `write` true asks for the keyboard.
 * From the agent: `position` n (where this replay begins), `size` [columns, rows], `writer` true or false (whether this
 * viewer may type), `exit` code. One viewer types, the others watch.
 */
export const terminals = {
  list: call(z.object({}), z.array(Terminal)),
  open: call(TerminalOpen, Terminal, { mutates: true }),
  attach: duplex(TerminalAttach, { down: bytes, up: bytes }, { priority: 1, resumeForMs: 600_000 }),
  rename: call(z.object({ id: TerminalId, name: z.string().check(z.maxLength(64)) }), Terminal, { mutates: true }),
  close: call(z.object({ id: TerminalId }), z.object({ id: z.string() }), { mutates: true }),
}

export const terminalsApi = {
  list: api(terminals.list, { http: 'GET /hosts/:host/terminals', needs: 'terminals:read', on: 'host' }),
  open: api(terminals.open, { http: 'POST /hosts/:host/terminals', needs: 'terminals:open', on: 'host', audit: 'terminal.open' }),
  attach: api(terminals.attach, {
    http: 'POST /hosts/:host/terminals/:id/attach',
    needs: 'terminals:open',
    on: 'host',
    audit: 'terminal.attach',
  }),
  rename: api(terminals.rename, {
    http: 'PATCH /hosts/:host/terminals/:id',
    needs: 'terminals:open',
    on: 'host',
    audit: 'terminal.rename',
  }),
  close: api(terminals.close, { http: 'DELETE /hosts/:host/terminals/:id', needs: 'terminals:open', on: 'host', audit: 'terminal.close' }),
}
