import { Bucket } from '@fairlead/protocol/wire/schedule.ts'

const perSecond = 20
const burst = 200
const mostSources = 10_000

/**
 * Slows down whoever fails to get in, by source address. A thousand known agents may share one address: only failures and
 * unknown keys count.
 */
export function createStrangers(now: () => number = () => performance.now()) {
  const sources = new Map<string, { readonly bucket: Bucket; blocked: boolean }>()
  return {
    /** True: nobody there is listened to right now. */
    refuses(ip: string): boolean {
      const source = sources.get(ip)
      if (source === undefined || !source.blocked) return false
      source.blocked = !source.bucket.take(now())
      return source.blocked
    },
    failed(ip: string): void {
      const source = sources.get(ip) ?? { bucket: new Bucket(perSecond, burst), blocked: false }
      sources.delete(ip)
      sources.set(ip, source)
      source.blocked = !source.bucket.take(now())
      if (sources.size > mostSources) sources.delete(sources.keys().next().value!)
    },
  }
}
