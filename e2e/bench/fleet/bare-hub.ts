// The process behind `startBareHub`.
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { answerParent } from '../measure/ask.ts'
import { openBare } from './open-bare.ts'

answerParent({
  async listen({ keys }: { keys: string[] }): Promise<{ port: number; hubKey: string }> {
    const { httpPort, hubKey } = await openBare({ keys: keys.map(fromBase64Url), neverSeal: true, follow: true })
    return { port: httpPort, hubKey: toBase64Url(hubKey) }
  },
})
process.once('SIGTERM', () => process.exit(0))
