import type { Doors } from './serve.ts'

interface Figures {
  readonly version: string
  readonly doors: Pick<Doors, 'answered' | 'openStreams'>
  /** Of the audit trail: hosts that saw another one, trails that do not fit what was signed, rows that sinks do not have yet. */
  readonly trail: {
    readonly contradicting: number
    readonly broken: number
    readonly sinks: readonly { readonly sink: string; readonly rows: number }[]
  }
  readonly online: number
  readonly consoles: number
  readonly loopP99Seconds: number
}

/** What a scraper must be told that this is: the text exposition format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** Of the hub itself. No name, label or address of anybody's host ever becomes a label here. */
export function renderMetrics({ version, doors, trail, online, consoles, loopP99Seconds }: Figures): string {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const head = (name: string, type: string, help: string) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  const gauge = (name: string, help: string, value: number) => `${head(name, 'gauge', help)}${name} ${value}\n`
  const requests = [...doors.answered].map(([code, count]) => `fairlead_requests_total{code="${code}"} ${count}\n`)
  const behind = trail.sinks.map(({ sink, rows }) => `fairlead_audit_sink_behind_rows{sink="${sink}"} ${rows}\n`)
  return [
    `${head('fairlead_hub_info', 'gauge', 'The running version.')}fairlead_hub_info{version="${version}"} 1\n`,
    gauge('fairlead_hosts_online', 'Hosts whose agent is connected.', online),
    gauge('fairlead_console_sessions', 'Open sessions of consoles.', consoles),
    gauge('fairlead_open_streams', 'Open streams of consoles and scripts.', doors.openStreams),
    `${head('fairlead_requests_total', 'counter', 'Requests and streams that are over, by code.')}${requests.join('')}`,
    gauge('fairlead_audit_contradicting_hosts', 'Hosts that saw another audit trail than the one here.', trail.contradicting),
    gauge('fairlead_audit_broken_trails', 'Audit trails that do not fit what was signed of them.', trail.broken),
    ...(behind.length === 0
      ? []
      : [`${head('fairlead_audit_sink_behind_rows', 'gauge', 'Rows that a sink does not have yet.')}${behind.join('')}`]),
    gauge('fairlead_event_loop_delay_p99_seconds', 'Event loop delay, 99th percentile since the start.', loopP99Seconds),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_used_bytes', 'Heap in use.', heapUsed),
    `${head('process_cpu_seconds_total', 'counter', 'Processor time used.')}process_cpu_seconds_total ${(user + system) / 1e6}\n`,
    gauge('process_start_time_seconds', 'Start of the process.', Math.round(Date.now() / 1000 - process.uptime())),
  ].join('')
}
