import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostFileBytes, type filesApi } from '@fairlead/protocol/features/files.ts'
import type { HubContext } from '../base/access.ts'
import { featureOf } from '../fleet/feature.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** What the policy of a host gives away of its files; the hub passes it on and keeps nothing. */
export function serveFiles(fleet: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof filesApi, HubContext> {
  const filesOf = (host: string) => featureOf(fleet, host, 'files', 'show files')
  return {
    list: (input, { host, signal, trace }) => filesOf(host).list(input, { signal, trace }),
    async *read({ path, bytes = mostFileBytes }, { host, signal, trace, saveAs }) {
      const client = filesOf(host)
      const { sizeBytes } = await client.stat({ path }, { signal, trace })
      if (sizeBytes > mostFileBytes && bytes === mostFileBytes)
        throw new FairleadError('too_large', `This file has more than ${mostFileBytes / 1024 ** 3} GiB; fetch it from the host itself.`)
      const wanted = Math.min(bytes, sizeBytes)
      saveAs?.(path.slice(path.lastIndexOf('/') + 1), wanted)
      let given = 0
      for await (const part of client.read({ path, bytes: wanted }, { signal, trace })) {
        given += part.length
        if (given > wanted) throw new FairleadError('bad_upstream', 'The host sent more of this file than was asked for.')
        yield part
      }
      // What is short would pass for the whole file.
      if (given < wanted && !signal.aborted) throw new FairleadError('conflict', 'The file became shorter while it was read; ask again.')
    },
  }
}
