import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { files } from '@fairlead/protocol/features/files.ts'

export interface FilesDeps {
  /** The folder of the policy in force that a path lies in. */
  readonly rootOf: (path: string) => string | undefined
  /** Fairlead's own on this host, which nobody reads. */
  readonly ownFolders: readonly string[]
  /** What is read of a folder that has more; `mostFolderEntries` when nothing is said. */
  readonly mostEntries?: number
  /** How long a reader may take nothing before others have its place; 30 s when nothing is said. */
  readonly stallMs?: number
}

/** Files of this host, to be read. What answers is loaded once somebody asks. */
export function serveFiles(deps: FilesDeps): Handlers<typeof files> {
  let opened: Promise<Handlers<typeof files>> | undefined
  const load = () => (opened ??= import('./answers.ts').then(({ answerFiles }) => answerFiles(deps)))
  return {
    list: async (input, context) => (await load()).list(input, context),
    stat: async (input, context) => (await load()).stat(input, context),
    async *read(input, context) {
      yield* (await load()).read(input, context)
    },
  }
}
