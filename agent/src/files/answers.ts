import { basename } from 'node:path'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostFolderEntries, mostGlanceBytes, type files } from '@fairlead/protocol/features/files.ts'
import { openBeneath, openRoot, type Place } from './beneath.ts'
import { readContent } from './content.ts'
import type { FilesDeps } from './files.ts'
import { entryOf, listFolder } from './folder.ts'
import { keepBack } from './kept-back.ts'
import { readOwners } from './owners.ts'
import { createRoom, createTurns, givenUp } from './turns.ts'

const mostGlances = 4
const mostStallMs = 30_000

/** Loaded once somebody asks: most hosts give no folder away. */
export function answerFiles({
  rootOf,
  ownFolders,
  mostEntries = mostFolderEntries,
  stallMs = mostStallMs,
}: FilesDeps): Handlers<typeof files> {
  const takeTurn = createTurns()
  const [glances, wholes] = [createRoom(mostGlances), createRoom(1)]

  async function openAt(path: string): Promise<{ readonly root: string; readonly place: Place }> {
    const root = rootOf(path)
    if (root === undefined) throw new FairleadError('forbidden', 'This lies in no folder that the policy of the host lets its hub read.')
    const judge = await keepBack(ownFolders)
    if (path === root) return { root, place: await openRoot(root, judge) }
    return { root, place: await openBeneath(root, path.slice(root === '/' ? 1 : root.length + 1), judge) }
  }

  return {
    async list({ path, from, limit }, { signal }) {
      const over = await takeTurn(signal)
      try {
        const { root, place } = await openAt(path)
        try {
          return { path, root, ...(await listFolder(place, { from, limit, most: mostEntries, owners: await readOwners(), signal })) }
        } finally {
          await place.close()
        }
      } finally {
        over()
      }
    },
    async stat({ path }, { signal }) {
      const over = await takeTurn(signal)
      try {
        const { place } = await openAt(path)
        try {
          return entryOf(basename(path), place.facts, await readOwners())
        } finally {
          await place.close()
        }
      } finally {
        over()
      }
    },
    async *read({ path, bytes }, { signal }) {
      const over = (bytes !== undefined && bytes <= mostGlanceBytes ? glances : wholes)()
      try {
        const { place } = await openAt(path)
        try {
          yield* givenUp(readContent(place, bytes, signal), stallMs, over)
        } finally {
          await place.close()
        }
      } finally {
        over()
      }
    },
  }
}
