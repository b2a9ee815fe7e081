import { existsSync, readdirSync } from 'node:fs'

/** Where a container's files are: one folder in v2, one a controller in v1. */
export interface Place {
  readonly id: string
  readonly folder: (controller: string) => string
}

export interface Places {
  readonly v2: boolean
  readonly places: readonly Place[]
  /** Containers beyond the most that are measured. */
  readonly leftOut: number
}

/** More than a host has, and as many as a pass may cost. */
export const mostContainers = 1000
const idPattern = /(?:^|docker-|libpod-|cri-containerd-|crio-)([a-f0-9]{64})(?:\.scope)?$/
const depth = 4
/** Any of these knows all containers; not every kernel has each. */
export const controllersV1 = ['memory', 'cpuacct', 'pids', 'blkio', 'systemd']

/** Every container of the host, whatever engine made it. */
export function findPlaces(base: string): Places {
  const v2 = existsSync(`${base}/cgroup.controllers`)
  const controller = controllersV1.find((name) => existsSync(`${base}/${name}`))
  if (!v2 && controller === undefined) return { v2, places: [], leftOut: 0 }
  const found = oneEach(find(v2 ? base : `${base}/${controller}`))
  const places = found.slice(0, mostContainers).map(({ id, path }) => ({
    id,
    folder: (of: string) => (v2 ? `${base}${path}` : `${base}/${of}${path}`),
  }))
  return { v2, places, leftOut: found.length - places.length }
}

interface Found {
  readonly id: string
  readonly path: string
}

/** What is below a container is the container's own. */
function find(base: string, path = '', level = 0): Found[] {
  return folders(`${base}${path}`).flatMap((name) => {
    const id = idPattern.exec(name)?.[1]
    if (id !== undefined) return [{ id, path: `${path}/${name}` }]
    return level < depth ? find(base, `${path}/${name}`, level + 1) : []
  })
}

/**
 * One place an id. Below user.slice every user makes folders of any name; containers of rootless engines are there as well. So what is there
 * comes last: it takes neither the name of another container nor its room.
 */
function oneEach(found: readonly Found[]): Found[] {
  const ofUsers = ({ path }: Found) => path.includes('/user.slice/')
  const one = new Map<string, Found>()
  for (const place of [...found.filter((place) => !ofUsers(place)), ...found.filter(ofUsers)])
    if (!one.has(place.id)) one.set(place.id, place)
  return [...one.values()]
}

export function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
