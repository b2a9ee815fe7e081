/**
 * How glibc keeps what a hub gave back, set by whoever starts one. Left alone it keeps an arena for each thread and learns from the first
 * large block that such blocks belong into it: passwords (19 MiB each) and bodies of requests then leave 150 MB behind for ever.
 */
export const mallocSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '524288' } as const
