import { createHash } from 'node:crypto'
import type { Row } from '@fairlead/protocol/features/inventory.ts'

const images = [
  'nginx:1.27',
  'postgres:16',
  'redis:7',
  'ghcr.io/acme/api:2.14.1',
  'ghcr.io/acme/worker:2.14.1',
  'traefik:v3.1',
  'grafana/loki:3.2.0',
]
const services = ['web', 'db', 'cache', 'api', 'worker', 'proxy', 'logs']
const stacks = ['shop', 'billing', 'search', 'mail', 'intranet', 'ci']

/** A container as an agent tells of it. The same for the same numbers; ids are as random as real ones. */
export function containerRow(host: number, index: number, token = ''): Row {
  const pick = (index * 31 + host * 17) % 1000
  const kind = pick % images.length
  const stack = stacks[pick % stacks.length]!
  const stopped = pick % 19 === 0
  const createdMs = 1_760_000_000_000 + pick * 7_919_000
  return {
    id: createHash('sha256').update(`${host}/${index}`).digest('hex'),
    name: `${stack}-${services[kind]}-${index + 1}`,
    state: stopped ? 'off' : 'ok',
    status: stopped ? 'exited' : 'running',
    detail: stopped ? 'Exited (0) 2 hours ago' : `Up ${(pick % 23) + 1} hours`,
    tags: [],
    links: [
      { rel: 'stack', kind: 'stack', id: stack },
      { rel: 'image', kind: 'image', id: `sha256:${createHash('sha256').update(images[kind]!).digest('hex')}` },
      { rel: 'network', kind: 'network', id: `${stack}_default` },
    ],
    facts: {
      image: images[kind]!,
      ports: `${8000 + (pick % 90)}→80`,
      stack,
      service: services[kind]!,
      ...(token === '' ? {} : { token }),
      command: '/docker-entrypoint.sh run --config /etc/app/config.yaml',
    },
    createdMs,
    sinceMs: 0,
  }
}
