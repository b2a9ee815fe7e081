import * as z from 'zod/mini'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { capabilities, modes, type Capability, type Mode } from '@fairlead/protocol/features/policy.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'

const Capabilities = z._default(z.array(z.enum(capabilities)).check(z.maxLength(capabilities.length)), [])
/** Absolute, and written in one way only. */
const Root = z.string().check(z.maxLength(256), z.regex(/^\/(?:(?!\.{1,2}(?:\/|$))[^/\0\n]+(?:\/(?!$)|$))*$/))
const Roots = z._default(z.array(Root).check(z.maxLength(8)), [])
const Registry = z.string().check(z.maxLength(100), z.regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?$/))

/** What `policy.json` says. A word that is not known makes all of it bad: a misspelt refusal must not pass for none. */
const Rules = z.strictObject({
  mode: z._default(z.enum(modes), 'operate'),
  /** Beyond what the mode brings. */
  allow: Capabilities,
  /** Never, whatever else is said. */
  deny: Capabilities,
  /** Folders of the host that may be read and written, where files.read and files.write are allowed. */
  files: z._default(z.strictObject({ read: Roots, write: Roots }), { read: [], write: [] }),
  /** Where images may come from; absent: from anywhere. */
  registries: z._default(z.nullable(z.array(Registry).check(z.maxLength(32))), null),
  /** How long a terminal that nobody watches is kept. */
  terminalIdleMinutes: z._default(z.int().check(z.gte(1), z.lte(1440)), 1440),
})
export type Rules = z.output<typeof Rules>

/** Where there is no file. */
export const defaultRules: Rules = Rules.parse({})
/** Where there is one that cannot be understood, and never was another. */
export const fallbackRules: Rules = Rules.parse({ mode: 'monitor' })

/** Throws `invalid_input` with what is wrong, where, and what would be right. */
export function parseRules(text: string, file: string): Rules {
  const document = readJson(text, file)
  try {
    return parseInput({ input: Rules }, document) as Rules
  } catch (error) {
    const { details, message } = error as FairleadError
    const hint = hintFor(String(details?.['field'] ?? ''), document)
    throw new FairleadError('invalid_input', `${file}: ${message}${hint === '' ? '' : ` ${hint}`}`, { cause: error })
  }
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FairleadError('invalid_input', `${file} is not JSON: ${(cause as Error).message.slice(0, 200)}.`, { cause })
  }
}

function hintFor(field: string, document: unknown): string {
  if (field === 'mode') return noneOf(at(document, field), modes)
  if (/^(allow|deny)\b/.test(field)) return noneOf(at(document, field), capabilities)
  if (/^files\b/.test(field)) return 'A folder is an absolute path without "." and "..", and without a slash at its end.'
  if (/^registries\b/.test(field)) return 'A registry is a name, with a port where it has one: docker.io, registry.example:5000.'
  if (field !== '' || typeof document !== 'object' || document === null) return ''
  const unknown = Object.keys(document).filter((key) => !Object.hasOwn(Rules.def.shape, key))
  return unknown.length === 0 ? '' : noneOf(unknown[0], Object.keys(Rules.def.shape))
}

function noneOf(value: unknown, known: readonly string[]): string {
  const said = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return `"${said.slice(0, 64)}" is none of ${known.join(', ')}.`
}

/** What stands at such a place. */
function at(document: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], document)
}

const monitor: readonly Capability[] = ['metrics.read', 'logs.read', 'inspect.read', 'pve.read']
const beyondOperate: ReadonlySet<Capability> = new Set(['inspect.secrets', 'host.exec', 'host.terminal'])

const ofMode: Readonly<Record<Mode, ReadonlySet<Capability>>> = {
  monitor: new Set(monitor),
  operate: new Set(capabilities.filter((one) => !beyondOperate.has(one))),
  full: new Set(capabilities),
}

/** What takes a capability away. */
export type Why = 'mode' | 'file' | 'hub' | 'lock'

export interface Narrowed {
  readonly mode: Mode | null
  readonly deny: readonly Capability[]
}

/** Local policy AND what the hub left itself AND lock. The first that says no is named. */
export function judgeCapability(
  capability: Capability,
  { rules, narrowed, locked }: { readonly rules: Rules; readonly narrowed: Narrowed; readonly locked: boolean },
): 'yes' | Why {
  if (locked && !ofMode.monitor.has(capability)) return 'lock'
  if (rules.deny.includes(capability)) return 'file'
  if (!ofMode[rules.mode].has(capability) && !rules.allow.includes(capability)) return 'mode'
  if (narrowed.deny.includes(capability)) return 'hub'
  if (narrowed.mode !== null && !ofMode[narrowed.mode].has(capability)) return 'hub'
  return 'yes'
}

/** The lesser of both. */
export function lesserMode(a: Mode, b: Mode | null): Mode {
  return b === null || modes.indexOf(a) < modes.indexOf(b) ? a : b
}
