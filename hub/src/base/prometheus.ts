import type { Doors } from './serve.ts'

export interface Figures {
  readonly version: string
  readonly doors: Pick<Doors, 'answered' | 'openStreams'>
  /** Of the audit trail: hosts that saw another one, trails that do not fit what was signed, rows that sinks do not have yet. */
  readonly trail: {
    readonly contradicting: number
    readonly broken: number
    readonly sinks: readonly { readonly sink: string; readonly rows: number }[]
  }
  /** Of the hub's own keep: the last backup, why nothing may be changed on hosts, the certificate. */
  readonly upkeep: {
    readonly last: { readonly atMs: number } | undefined
    readonly failure: string
    readonly hold: string | undefined
    readonly certificate: {
      readonly validToMs: number
      readonly problem: string
      /** Where an authority makes it. */
      readonly acme?: { readonly reason?: string | undefined; readonly nextMs: number } | undefined
    }
  }
  readonly online: number
  readonly consoles: number
  readonly loopP99Seconds: number
}

/** What a scraper must be told that this is: the text exposition format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** Of the hub itself. No name, label or address of anybody's host ever becomes a label here. */
export function renderMetrics({ version, doors, trail, upkeep, online, consoles, loopP99Seconds }: Figures): string {
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
    gauge(
      'fairlead_last_backup_timestamp_seconds',
      'When the last backup was made; 0: never.',
      Math.round((upkeep.last?.atMs ?? 0) / 1000),
    ),
    gauge('fairlead_backup_failed', '1: the last try made none.', upkeep.failure === '' ? 0 : 1),
    gauge('fairlead_hub_held', '1: nothing can be changed on hosts until somebody confirms this hub.', upkeep.hold === undefined ? 0 : 1),
    gauge('fairlead_certificate_expiry_timestamp_seconds', 'When the certificate ends.', Math.round(upkeep.certificate.validToMs / 1000)),
    gauge('fairlead_certificate_refused', '1: the files that are there now are not taken.', upkeep.certificate.problem === '' ? 0 : 1),
    ...ordersOf(upkeep.certificate.acme, gauge),
    gauge('fairlead_event_loop_delay_p99_seconds', 'Event loop delay, 99th percentile since the start.', loopP99Seconds),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_used_bytes', 'Heap in use.', heapUsed),
    `${head('process_cpu_seconds_total', 'counter', 'Processor time used.')}process_cpu_seconds_total ${(user + system) / 1e6}\n`,
    gauge('process_start_time_seconds', 'Start of the process.', Math.round(Date.now() / 1000 - process.uptime())),
  ].join('')
}

function ordersOf(
  acme: Figures['upkeep']['certificate']['acme'],
  gauge: (name: string, help: string, value: number) => string,
): readonly string[] {
  if (acme === undefined) return []
  return [
    gauge('fairlead_acme_failed', '1: the last order gave no certificate.', acme.reason === undefined ? 0 : 1),
    gauge('fairlead_acme_next_order_timestamp_seconds', 'When the authority is asked next.', Math.round(acme.nextMs / 1000)),
  ]
}
