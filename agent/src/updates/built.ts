declare const FAIRLEAD_BUILT: { readonly keys: string; readonly counter: number } | undefined

/** What the build put into the bundle: who signs releases, and the counter of this one. From source there is neither. */
export const built = typeof FAIRLEAD_BUILT === 'undefined' ? { keys: '', counter: 0 } : FAIRLEAD_BUILT
