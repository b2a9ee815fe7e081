import { FairleadError } from '@fairlead/protocol/errors.ts'

/** What a command of the hub's program does with the words after its name. Answers with the exit code; throws a FairleadError for its code's. */
type Command = (args: readonly string[]) => Promise<number>

interface Entry {
  /** One line, for whoever asks for help. */
  readonly usage: string
  /** Loaded when it is asked for: no command pays for the others, nor for the hub. */
  readonly load: () => Promise<Command>
}

/** By its first word, each in a file of its own beside this one. Without any word the program is the hub. */
export const commands: Readonly<Record<string, Entry>> = {
  doctor: {
    usage: 'doctor                  looks at everything and says what mends it',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  backup: {
    usage: 'backup [FILE]           all of this hub in one file, while it runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: { usage: 'restore FILE            a backup into an empty place', load: async () => (await import('./restore.ts')).restore },
  confirm: {
    usage: 'confirm                 after a restore: this hub is the one that acts',
    load: async () => (await import('./confirm.ts')).confirm,
  },
  certificate: {
    usage: 'certificate renew       have the authority make a new certificate now',
    load: async () => (await import('./certificate.ts')).certificate,
  },
  admin: {
    usage: 'admin list | reset      accounts, and the way back for who lost every factor',
    load: async () => (await import('./admin.ts')).admin,
  },
  keys: {
    usage: 'keys rotate [--kek]     new keys for the secrets, while the hub serves or not',
    load: async () => (await import('./keys.ts')).keys,
  },
  identity: {
    usage: 'identity show | rotate  the hub’s own key, which hosts pin, and the next one',
    load: async () => (await import('./identity.ts')).identity,
  },
  audit: {
    usage: 'audit verify FILE...    look at an export or archive of the audit trail',
    load: async () => (await import('./audit.ts')).auditCommand,
  },
  version: { usage: 'version                 which hub this is', load: async () => (await import('./version.ts')).showVersion },
}

/** What a command says of its use to whoever uses it wrongly, to whoever asks. */
async function showUse(command: Command): Promise<number> {
  try {
    return await command(['--help'])
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== 'invalid_input') throw error
    process.stdout.write(`${error.message}\n`)
    return 0
  }
}

/** Runs what was asked for. */
export async function runCommand([name = '', ...args]: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry !== undefined && args.some((word) => /^(--help|-h)$/.test(word))) return showUse(await entry.load())
  if (entry !== undefined) return (await entry.load())(args)
  const usage = [
    '  fairlead-hub                         run the hub',
    ...Object.values(commands).map((each) => `  fairlead-hub ${each.usage}`),
  ]
  if (!/^(help|--help|-h)$/.test(name))
    throw new FairleadError('invalid_input', `"${name}" is no command of the hub.\n\n${usage.join('\n')}`)
  process.stdout.write(`${usage.join('\n')}\n`)
  return 0
}
