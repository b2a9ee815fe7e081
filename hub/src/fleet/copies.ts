import { codeOf } from '@fairlead/protocol/errors.ts'
import { closeCodes, Kept, type Hello } from '@fairlead/protocol/hello.ts'
import type { WireStream } from '@fairlead/protocol/wire/session.ts'
import type { Log } from '../base/log.ts'
import type { Fleet } from './fleet.ts'
import { refusal, replacedWords, type Known } from './known.ts'
import type { JoinDeps } from './line.ts'
import type { Ratchet } from './ratchet.ts'

export interface CopyDeps extends Pick<JoinDeps, 'audits' | 'onHost'> {
  readonly fleet: Fleet
  readonly ratchet: Ratchet
  readonly log: Log
  /** A host is ahead of what this hub knows: it was set back. */
  readonly onAhead?: (known: Known, epoch: string) => void
}

/** How long the link that a host already has may take to prove that it lives. */
const aliveMs = 3000

/**
 * Two that hold one key: a host that came back before its old link was missed, or a copied disk. The old link tells by
 * answering or not. Two copies are in quarantine both, and never drive each other out in turn.
 */
export async function refuseCopy(deps: CopyDeps, known: Known, { bootId, join }: Hello, ip: string): Promise<void> {
  const host = deps.fleet.find(known.id)
  const session = host?.session
  if (host === undefined || session?.alive !== true || host.bootId === bootId) return
  const answers = await Promise.race([
    session.ping().then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), aliveMs).unref()),
  ])
  if (!answers || !session.alive) return
  // A line that somebody pasted on a host that runs is no copy.
  if (join === undefined && !host.quarantined) await quarantine(deps, known, ip, 'online twice')
  throw refusal(closeCodes.copied, 'another machine is online with this very key; enrol this one anew with a line of its own')
}

/** The next generation to hand out; '' for none. Whoever shows one that another went on from is let in to be looked at only. */
export async function turnRatchet(
  deps: CopyDeps,
  known: Known,
  { generation: shown, bootId, join, epoch = '' }: Hello,
  ip: string,
  isGone: () => boolean,
): Promise<{ readonly quarantined: boolean; readonly generation: string }> {
  const live = deps.fleet.find(known.id)
  if (known.quarantined || live?.quarantined === true) return { quarantined: true, generation: '' }
  const turn = await deps.ratchet.turn({ ...known, shown })
  // An enrolment keeps none, but of a key that is here it shows what is kept: a used line lies in the history of the very disk
  // that was copied, and opens nothing.
  if (!turn.stale && turn.ahead === true) deps.onAhead?.(known, epoch)
  if (!turn.stale) return { quarantined: false, generation: join === undefined ? turn.next : '' }
  // Not a copy but a try that was given up and overtaken by the next one of the same process.
  if (isGone() || (live?.session?.alive === true && live.bootId === bootId)) throw refusal(1013, 'a later try of this agent was let in')
  if (join === undefined || shown !== undefined) await quarantine(deps, known, ip, 'shows a generation that another went on from')
  if (join !== undefined) throw refusal(closeCodes.notWelcome, 'the machine with this key went on from another state; a new key is needed')
  return { quarantined: true, generation: '' }
}

/** For good: a person ends it, by enrolling the machine that is to stay anew. */
async function quarantine(deps: CopyDeps, { id, organization, name, key }: Known, ip: string, why: string): Promise<void> {
  // What it shows is over, and says nothing of the one that has its place.
  if (deps.fleet.wasExpelled(id, key)) throw refusal(closeCodes.revoked, replacedWords)
  const first = await deps.ratchet.quarantine({ organization, id })
  deps.fleet.quarantine(id)
  await deps.onHost(organization, id)
  if (!first) return
  deps.log('warn', 'a host is quarantined: a second copy of its key is in use', { host: id, ip, why })
  const who = { organization, actor: id, actorName: name, host: id, hostName: name }
  await deps.audits.write({ ...who, verb: 'host.quarantine', outcome: 'ok', target: why, code: '', ip, userAgent: '', trace: '' })
}

/** What a handshake showed, and what it was handed for it. */
export interface Handed {
  readonly shown: string
  readonly generation: string
}

/** The one thing that an agent may ask: to be believed that what it was handed is on its disk. */
export async function believeKept({ ratchet }: CopyDeps, { id, organization }: Known, handed: Handed, stream: WireStream): Promise<void> {
  const said = Kept.safeParse(stream.params)
  if (stream.method !== 'link.kept' || said.data?.generation !== handed.generation) return stream.reset('unsupported')
  try {
    await ratchet.kept({ organization, id, ...handed })
    stream.reply(null)
  } catch (error) {
    // It is believed at the next handshake all the same: that shows it.
    stream.reset(codeOf(error), 'Not written down.')
  }
}
