import { createSignal } from 'solid-js'
import { language, spaced } from './i18n.ts'

// Hub and hosts say what went wrong in English. Who reads French fetches the French of it once there is something to say.
const [inFrench, setInFrench] = createSignal<(text: string) => string>()
let loading: Promise<void> | undefined
/** A hub that is gone sends no words either: what went wrong is said in English then, and not late. */
const longestMs = 1500

/** A sentence of the hub's or of a host's, for the reader. What is not known stays as it is, and so does all of it in English. */
export function said(text: string): string {
  if (language() === 'en' || text === '') return text
  void heard()
  return inFrench()?.(text) ?? text
}

/** Resolves once sentences can be said to the reader, or cannot in time; what could not be fetched is tried again with the next one. */
export async function heard(): Promise<void> {
  if (language() === 'en' || inFrench() !== undefined) return
  loading ??= import('./said/all.ts').then(
    (all) => void setInFrench(() => all.makeFrench(spaced)),
    () => void (loading = undefined),
  )
  await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, longestMs))])
}

/** What was thrown, as it was said: for a copy, and for what is shown later. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What was thrown, for the reader. */
export const messageOf = (error: unknown): string => said(sentenceOf(error))
