import type { Option, Verb } from './verb.ts'

/** What `run` and `help` do, which are no verbs of this table: the first is the agent itself. */
export const runSays = 'connects to the hub and serves it'
export const helpSays = 'what there is'

const json: Option = { says: 'for programs' }
const seconds: Option = { arg: 'SECONDS', says: 'until it is killed; 10 otherwise' }
const stack: Option = { arg: 'STACK', says: 'all of this stack, in the order in which its services need one another' }
const reason: Option = { arg: 'TEXT', says: 'why, for whoever comes next' }

/** The emergency CLI. Help, completions and the manual page are made of this table. */
export const verbs: Readonly<Record<string, Verb>> = {
  status: {
    args: '',
    words: [0, 0],
    says: 'what this agent is and does: hub, link, policy, engine',
    options: { json },
    load: () => import('./status.ts'),
  },
  doctor: {
    args: '',
    words: [0, 0],
    says: 'looks at everything that the agent needs, and says what mends it',
    options: { json },
    load: () => import('./doctor.ts'),
  },
  link: {
    args: '',
    words: [0, 0],
    says: 'the link to the hub: windows, streams, round trips, the last 20 losses and why',
    options: { json, follow: { short: 'f', says: 'again each second' } },
    load: () => import('./link.ts'),
  },
  ps: {
    args: '',
    words: [0, 0],
    says: 'the containers of this host',
    options: { json, all: { short: 'a', says: 'also those that do not run' } },
    load: () => import('./ps.ts'),
  },
  logs: {
    args: 'CONTAINER',
    words: [1, 1],
    says: 'what a container wrote',
    options: {
      json,
      follow: { short: 'f', says: 'and what it goes on to write' },
      tail: { short: 'n', arg: 'LINES', says: 'so many from the end; 200 otherwise' },
    },
    load: () => import('./logs.ts'),
  },
  exec: {
    args: 'CONTAINER -- COMMAND [ARGUMENT...]',
    words: [1, 1],
    command: true,
    says: 'runs a command in a container',
    options: {
      tty: { short: 't', says: 'at this terminal' },
      user: { short: 'u', arg: 'USER', says: 'as this account of the container' },
      workdir: { short: 'w', arg: 'FOLDER', says: 'in this folder of it' },
    },
    load: () => import('./exec.ts'),
  },
  stacks: {
    args: '[STACK]',
    words: [0, 1],
    says: 'the compose projects of this host, the unwell ones first; with a name: its containers',
    options: { json },
    load: () => import('./stacks.ts'),
  },
  start: {
    args: '[CONTAINER...]',
    words: [0, 64],
    says: 'starts containers',
    options: { json, stack },
    load: () => import('./start.ts'),
  },
  stop: {
    args: '[CONTAINER...]',
    words: [0, 64],
    says: 'stops containers',
    options: { json, stack, timeout: seconds },
    load: () => import('./stop.ts'),
  },
  restart: {
    args: '[CONTAINER...]',
    words: [0, 64],
    says: 'stops containers and starts them',
    options: { json, stack, timeout: seconds },
    load: () => import('./restart.ts'),
  },
  metrics: {
    args: '',
    words: [0, 0],
    says: 'what this host and its containers use now',
    options: { json },
    load: () => import('./metrics.ts'),
  },
  journal: {
    args: '',
    words: [0, 0],
    says: 'what the hub asked of this host and what was done, and what was done past it',
    options: {
      json,
      tail: { short: 'n', arg: 'LINES', says: 'so many from the end; 50 otherwise' },
      verify: { says: 'whether somebody changed it' },
    },
    load: () => import('./journal.ts'),
  },
  lock: {
    args: '',
    words: [0, 0],
    says: 'from now on the hub may only read here; it cannot take that back',
    options: { json, for: { arg: 'TIME', says: 'opens by itself after 30m, 2h, 1d' }, reason },
    load: () => import('./lock.ts'),
  },
  unlock: { args: '', words: [0, 0], says: 'the policy holds again', options: { json }, load: () => import('./unlock.ts') },
  protect: {
    args: '[CONTAINER]',
    words: [0, 1],
    says: 'the hub may no longer change or enter this container; without one: lists them',
    options: { json, reason },
    load: () => import('./protect.ts'),
  },
  unprotect: { args: 'CONTAINER', words: [1, 1], says: 'the hub may again', options: { json }, load: () => import('./unprotect.ts') },
  policy: {
    args: '[check FILE | widen]',
    words: [0, 2],
    says: 'what the hub may do here; whether a file would be taken; gives back what the hub gave away',
    options: { json },
    load: () => import('./policy.ts'),
  },
  rules: {
    args: '',
    words: [0, 0],
    says: 'what the hub left this host to do by itself, what was done by it, and which containers need somebody',
    options: { json },
    load: () => import('./rules.ts'),
  },
  enrol: {
    args: '',
    words: [0, 0],
    says: 'joins a hub; the join string comes on standard input',
    options: { json },
    load: () => import('./enrol.ts'),
  },
  rejoin: {
    args: '',
    words: [0, 0],
    says: 'the same for a host that belongs to a hub already; with a line from "Enrol anew" it stays that host, under a new key',
    options: { json },
    load: () => import('./rejoin.ts'),
  },
  update: {
    args: '',
    words: [0, 0],
    says: 'what became of the last update of this agent; with a folder of a release: takes that one, if it is signed',
    options: { json, file: { arg: 'FOLDER', says: 'with manifest.json, its signature and the programs' } },
    load: () => import('./update.ts'),
  },
  rollback: {
    args: '',
    words: [0, 0],
    says: 'the agent of before the last update runs again',
    options: { json },
    load: () => import('./rollback.ts'),
  },
  witness: {
    args: '[forget]',
    words: [0, 1],
    says: 'what this host saw of its hub’s audit trail; "forget" begins anew',
    load: () => import('./witness.ts'),
  },
  support: {
    args: '',
    words: [0, 0],
    says: 'one document with all of this, and no secret in it, for whoever helps',
    options: { out: { arg: 'FILE', says: 'there, for root alone; otherwise to standard output' } },
    load: () => import('./support.ts'),
  },
  uninstall: {
    args: '',
    words: [0, 0],
    says: 'removes the agent that the line installed; containers and your files stay',
    options: { json, yes: { short: 'y', says: 'without asking' } },
    load: () => import('./uninstall.ts'),
  },
  completion: { args: 'bash|zsh|fish', words: [1, 1], says: 'a script that completes these verbs', load: () => import('./completion.ts') },
  man: { args: '', words: [0, 0], says: 'the manual page, as man reads it', load: () => import('./man.ts') },
}
