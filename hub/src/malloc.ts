/**
 * How glibc keeps what a hub gave back, set by whoever starts one. Left alone it keeps an arena for each thread and learns from the first
 * large block that such blocks belong into it: passwords (19 MiB each) and bodies of requests then leave 150 MB behind for ever.
 */
export const mallocSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '524288' } as const

/**
 * How much room V8 takes for what is young, set by whoever starts a hub: left alone it grows to 64 MiB and twice that while a fleet comes
 * back, and is never given up. A quarter of it costs no more processor (docs/benchmarks.md, row 8).
 */
export const hubFlags = ['--max-semi-space-size=16'] as const
