import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { keyWords, toBase64Url } from '@fairlead/protocol/join.ts'
import { askHub } from '../base/control.ts'
import { openOwner, type OwnerConnection } from '../base/owner.ts'
import { inOneState } from '../backup/backup.ts'
import type { Config } from '../config.ts'
import { adoptHubKey, openHubKeys } from '../fleet/identity.ts'
import { askHidden, readArgs, settingsOfHub, wrongUse } from './ask.ts'
import { writeEverywhere } from './trail.ts'

const usage = 'identity show | rotate [--overlap 7d] [--force] | owner-key [--replace] | adopt, each with [--json]'
const flag = { type: 'boolean', default: false } as const
const options = { overlap: { type: 'string', default: '7d' }, force: flag, replace: flag, json: flag } as const

/** The hub's own key, which every host pins: what it is, the next one, and the owner's, which names one when it is lost. */
export async function identity(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(usage, args, options)
  const config = settingsOfHub()
  switch (positionals.join(' ')) {
    case 'show':
      return withOwner(config, {}, (owner) => show(owner, config, values.json))
    case 'rotate':
      return withOwner(config, {}, (owner) => rotate(owner, config, values))
    case 'owner-key':
      return withOwner(config, {}, (owner) => makeOwnerKey(owner, config, values))
    case 'adopt':
      return adopt(config, values.json)
    default:
      return wrongUse(usage)
  }
}

async function withOwner(
  config: Config,
  how: { readonly alone?: boolean },
  run: (owner: OwnerConnection) => Promise<number>,
): Promise<number> {
  const owner = await openOwner(config, how)
  try {
    return await run(owner)
  } finally {
    await owner.close()
  }
}

/** Of hosts that are not removed: null for an agent that follows to no other key. */
async function pinnedBy({ sql }: OwnerConnection): Promise<{ readonly name: string; readonly key: number | null }[]> {
  const rows = await inOneState(
    sql,
    (db) => db<{ name: string; key: string | null }[]>`SELECT name, hub_key AS key FROM hosts WHERE revoked_at IS NULL ORDER BY name`,
  )
  return rows.map(({ name, key }) => ({ name, key: key === null ? null : Number(key) }))
}

async function show(owner: OwnerConnection, { dataDir }: Config, json: boolean): Promise<number> {
  const { current } = openHubKeys(dataDir)
  const { number, owner: owned, identity: own } = current
  const hosts = await pinnedBy(owner)
  const words = keyWords(createHash('sha256').update(own.publicKey).digest()).join(' ')
  const behind = hosts.filter(({ key }) => key !== null && key < number).map(({ name }) => name)
  const cannot = hosts.filter(({ key }) => key === null).map(({ name }) => name)
  const said = { number, key: toBase64Url(own.publicKey), words, owner: owned !== undefined, hosts: hosts.length, behind, cannot }
  const text = [
    `Key ${number} of this hub, in words: ${words}.`,
    owned === undefined
      ? 'There is no owner’s key: a hub whose own key is lost could not lead its hosts to another one. Make it with "fairlead-hub identity owner-key".'
      : 'An owner’s key was made; hosts pin its public half.',
    `${hosts.length - behind.length - cannot.length} of ${hosts.length} hosts have pinned this key.`,
    ...(behind.length === 0 ? [] : [`Not here since it is: ${listed(behind)}. They follow when they come.`]),
    ...(cannot.length === 0 ? [] : [`Never here with an agent that follows to another key: ${listed(cannot)}.`]),
  ]
  process.stdout.write(json ? `${JSON.stringify(said)}\n` : `${text.join('\n')}\n`)
  return 0
}

interface RotateOptions {
  readonly overlap: string
  readonly force: boolean
  readonly json: boolean
}

async function rotate(owner: OwnerConnection, { dataDir }: Config, { overlap, force, json }: RotateOptions): Promise<number> {
  const overlapUntilMs = Date.now() + spanOf(overlap)
  const cannot = (await pinnedBy(owner)).filter(({ key }) => key === null).map(({ name }) => name)
  if (cannot.length > 0 && !force)
    throw new FairleadError(
      'conflict',
      `${cannot.length === 1 ? 'A host was' : `${cannot.length} hosts were`} never here with an agent that follows to another key: ${listed(cannot)}. Update the agent there and let it connect, remove the host, or go on with --force and enrol it again.`,
    )
  const number = owner.hubRuns ? await rotateOnline(dataDir, overlapUntilMs) : openHubKeys(dataDir).rotate(overlapUntilMs)
  await writeEverywhere(owner, { verb: 'hub.rotate-identity', target: String(number) })
  const until = new Date(overlapUntilMs).toISOString()
  process.stdout.write(
    json
      ? `${JSON.stringify({ number, overlapUntilMs })}\n`
      : `This hub goes on with key ${number}, and the one before is destroyed. Hosts follow when they connect; until ${until} they take the key before as well.\nMake a backup now: one of before holds the key before.\n`,
  )
  return 0
}

async function rotateOnline(dataDir: string, overlapUntilMs: number): Promise<number> {
  const done = (await askHub(dataDir, 'next-hub-key', { overlapUntilMs })) as { number: number } | undefined
  if (done === undefined) throw new FairleadError('refused', 'The hub is starting or stopping; try again in a moment.')
  return done.number
}

async function makeOwnerKey(
  owner: OwnerConnection,
  { dataDir }: Config,
  { replace, json }: { readonly replace: boolean; readonly json: boolean },
): Promise<number> {
  const made = owner.hubRuns
    ? ((await askHub(dataDir, 'owner-key', { replace })) as { text: string } | undefined)
    : { text: openHubKeys(dataDir).makeOwner({ replace }) }
  if (made === undefined) throw new FairleadError('refused', 'The hub is starting or stopping; try again in a moment.')
  await writeEverywhere(owner, { verb: 'hub.owner-key', target: replace ? 'replaced' : 'made' })
  process.stdout.write(
    json
      ? `${JSON.stringify({ ownerKey: made.text })}\n`
      : `${made.text}\n\nThis is shown once and kept nowhere: write it down, and keep it off this machine. Whoever has it can give this hub’s hosts another key to follow ("fairlead-hub identity adopt"). Hosts pin its public half when they connect the next time.\n`,
  )
  return 0
}

async function adopt(config: Config, json: boolean): Promise<number> {
  return withOwner(config, { alone: true }, async (owner) => {
    const { number } = adoptHubKey(config.dataDir, await askHidden('The owner’s key of this hub ("flo1." and so on): '))
    await writeEverywhere(owner, { verb: 'hub.adopt-key', target: String(number) })
    process.stdout.write(
      json
        ? `${JSON.stringify({ number })}\n`
        : 'This hub has a new key, which the owner’s key named. Start it: hosts that pinned the owner’s key follow, and no earlier key any more.\nMake a backup then.\n',
    )
    return 0
  })
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const mostOverlapMs = 90 * unitsMs.d

function spanOf(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const ms = Number(count) * unitsMs[(unit ?? 'd') as keyof typeof unitsMs]
  if (count === undefined || ms > mostOverlapMs)
    throw new FairleadError('invalid_input', `--overlap must be like 7d, 12h, 90m or 0d, and 90d at most, not "${text.slice(0, 20)}".`)
  return ms
}

const mostListed = 10

/** Names are what people typed: none of them moves a terminal's cursor. */
function listed(names: readonly string[]): string {
  const rest = names.length > mostListed ? ` and ${names.length - mostListed} more` : ''
  return `${names
    .slice(0, mostListed)
    .join(', ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')}${rest}`
}
