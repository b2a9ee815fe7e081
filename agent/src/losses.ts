import { join } from 'node:path'
import * as z from 'zod/mini'
import { readText, writeWhole } from './whole.ts'

const Loss = z.object({
  atMs: z.number(),
  /** How long the link had been up. */
  upMs: z.number(),
  reason: z.string(),
})
export type Loss = z.infer<typeof Loss>

export interface LinkHistory {
  readonly upSinceMs: number | null
  readonly lastTry: { readonly atMs: number; readonly reason: string; readonly tries: number } | null
  /** Oldest first. */
  readonly losses: readonly Loss[]
}

const mostLosses = 20
const file = (stateDir: string) => join(stateDir, 'losses.json')

/** The last times that the link to the hub was lost, and why: for the day on which nobody can ask the hub. */
export function openLosses(stateDir: string) {
  let losses = readLosses(stateDir)
  let upSinceMs: number | undefined
  let lastTry: { readonly atMs: number; readonly reason: string; readonly tries: number } | undefined
  return {
    /** `upSinceMs` null: it is down, and `lastTry` says why. */
    facts: (): LinkHistory => ({ upSinceMs: upSinceMs ?? null, lastTry: lastTry ?? null, losses }),
    up(): void {
      upSinceMs = Date.now()
      lastTry = undefined
    },
    down(reason: string): void {
      const atMs = Date.now()
      lastTry = { atMs, reason, tries: (lastTry?.tries ?? 0) + 1 }
      if (upSinceMs === undefined) return
      losses = [...losses, { atMs, upMs: Math.max(0, atMs - upSinceMs), reason: reason.slice(0, 256) }].slice(-mostLosses)
      upSinceMs = undefined
      try {
        writeWhole(file(stateDir), JSON.stringify(losses))
      } catch {
        // A disk that is full loses this, and nothing else.
      }
    },
  }
}

/** Oldest first. */
export function readLosses(stateDir: string): Loss[] {
  try {
    return z
      .array(Loss)
      .parse(JSON.parse(readText(file(stateDir))))
      .slice(-mostLosses)
  } catch {
    return []
  }
}
