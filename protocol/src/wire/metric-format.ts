/**
 * Samples as deltas. What one encoder wrote, one decoder reads in the same order; both keep the same row of subjects. An item is one
 * record after another; a sample that does not fit into what is left of an item goes on in parts.
 *
 *   u8 flags: forget (all that was known; only with boot), boot (a new one follows), more (the sample goes on in the next record),
 *             part (the record goes on with the sample before), dropped and leftOut (a count follows)
 *   unless part: with boot: text boot id, varint seq, f64 time in ms; else varint seq - before - 1 and
 *             zigzag of time - before - 10,000; [varint dropped] [varint left out]
 *   varint gone subjects, each: varint distance of its place in the row from the place after the one before
 *   varint new subjects, appended to the row, each: text kind, text id, u8 number of values, as many u8 scales
 *   a bit a subject of the row: changed; each of these: a bit a value: changed; each of these: a varint
 *
 * A value is 0 for "not available", else 1 + zigzag of its code minus the code before (none: 0). Scales: `metric-scale.ts`.
 */
export const flag = { forget: 1, boot: 2, more: 4, part: 8, dropped: 16, leftOut: 32 } as const

/** What one item and one sample may hold. Beyond, an encoder leaves subjects out and says how many; a decoder refuses. */
export const metricLimits = {
  itemBytes: 30 * 1024,
  subjects: 2048,
  values: 32,
  /** Subjects of all samples that one item completes: a tiny record repeats all of them. */
  pointsPerItem: 32_768,
  kindBytes: 32,
  idBytes: 256,
  bootBytes: 64,
} as const

export const usualStepMs = 10_000
