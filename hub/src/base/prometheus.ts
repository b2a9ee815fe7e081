interface Figures {
  readonly online: number
  readonly consoles: number
  readonly loopP99Seconds: number
}

/** The text exposition format, version 0.0.4. */
export function renderMetrics({ online, consoles, loopP99Seconds }: Figures): string {
  const { rss, heapUsed } = process.memoryUsage()
  const gauge = (name: string, help: string, value: number) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`
  return [
    gauge('fairlead_hosts_online', 'Hosts whose agent is connected.', online),
    gauge('fairlead_console_sessions', 'Open sessions of consoles.', consoles),
    gauge('fairlead_event_loop_delay_p99_seconds', 'Event loop delay, 99th percentile since the start.', loopP99Seconds),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_used_bytes', 'Heap in use.', heapUsed),
    gauge('process_start_time_seconds', 'Start of the process.', Math.round(Date.now() / 1000 - process.uptime())),
  ].join('')
}
