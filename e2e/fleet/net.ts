import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Private networks as in life: `wan` is the internet (203.0.113.0/24), the hub stands on it at `.10`, and each site is a
 * machine at 198.18.50.10 behind its own masquerading gateway that drops whatever comes from outside. All in namespaces
 * of this process's making, named after its pid; the machine's own network is not touched.
 */
export interface Net {
  readonly hub: Namespace
  readonly sites: readonly Site[]
  close(): void
}

export interface Namespace {
  readonly name: string
  readonly address: string
  /** Starts a program in the namespace. */
  spawn(file: string, argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** Runs a program to its end; throws with its error output. */
  run(file: string, ...argv: string[]): string
}

export interface Site extends Namespace {
  readonly gateway: Namespace
  /** Drops packets silently: out of the site, into it, or both ways. */
  cut(direction: 'out' | 'in' | 'both'): void
  /** Undoes `cut`. */
  heal(): void
  /** The gateway gets another public address, as a provider does at night: open connections are lost. */
  moveAddress(): void
}

export function openNet(siteCount: number): Net {
  const id = `fl${process.pid.toString(36)}`
  const names: string[] = []
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-net-'))
  const ns = (short: string, address: string): Namespace => {
    const name = `${id}${short}`
    ip('netns', 'add', name)
    names.push(name)
    const inside = namespace(name, address)
    inside.run('ip', 'link', 'set', 'lo', 'up')
    return inside
  }
  const close = () => {
    for (const name of names) ip('netns', 'del', name)
    rmSync(dir, { recursive: true, force: true })
  }

  try {
    const wan = ns('wan', '')
    wan.run('ip', 'link', 'add', 'br0', 'type', 'bridge')
    wan.run('ip', 'link', 'set', 'br0', 'up')
    const hub = ns('hub', '203.0.113.10')
    plug(hub, 'wan0', wan, 'hub', '203.0.113.10/24')
    const sites = Array.from({ length: siteCount }, (_, index) => openSite(ns, wan, index + 1, dir))
    return { hub, sites, close }
  } catch (error) {
    close()
    throw error
  }
}

type MakeNamespace = (short: string, address: string) => Namespace

function openSite(ns: MakeNamespace, wan: Namespace, index: number, dir: string): Site {
  const gateway = ns(`nat${index}`, `203.0.113.10${index}`)
  plug(gateway, 'wan0', wan, `nat${index}`, `203.0.113.10${index}/24`)
  const host = ns(`site${index}`, '198.18.50.10')
  host.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'lan0', 'netns', gateway.name)
  host.run('ip', 'addr', 'add', '198.18.50.10/24', 'dev', 'eth0')
  host.run('ip', 'link', 'set', 'eth0', 'up')
  gateway.run('ip', 'addr', 'add', '198.18.50.1/24', 'dev', 'lan0')
  gateway.run('ip', 'link', 'set', 'lan0', 'up')
  host.run('ip', 'route', 'add', 'default', 'via', '198.18.50.1')
  gateway.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
  const rules = join(dir, `${gateway.name}.nft`)
  writeFileSync(rules, gatewayRules)
  gateway.run('nft', '-f', rules)

  let moved = 0
  return {
    ...host,
    gateway,
    cut(direction) {
      if (direction !== 'in') gateway.run('nft', 'add', 'rule', 'inet', 'gw', 'toxic', 'iifname', 'lan0', 'drop')
      if (direction !== 'out') gateway.run('nft', 'add', 'rule', 'inet', 'gw', 'toxic', 'iifname', 'wan0', 'drop')
    },
    heal: () => void gateway.run('nft', 'flush', 'chain', 'inet', 'gw', 'toxic'),
    moveAddress() {
      const before = moved === 0 ? `203.0.113.10${index}` : `203.0.113.${150 + index * 10 + moved}`
      moved++
      gateway.run('ip', 'addr', 'del', `${before}/24`, 'dev', 'wan0')
      gateway.run('ip', 'addr', 'add', `203.0.113.${150 + index * 10 + moved}/24`, 'dev', 'wan0')
    },
  }
}

const gatewayRules = `table inet gw {
  chain gw_forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
  }
  chain gw_input { type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname { "lo", "lan0" } accept
  }
  chain gw_post { type nat hook postrouting priority 100; oifname "wan0" masquerade; }
  chain toxic { type filter hook prerouting priority -150; }
}
`

/** A cable from `inside` to the bridge of the internet. */
function plug(inside: Namespace, device: string, wan: Namespace, port: string, address: string): void {
  inside.run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', port, 'netns', wan.name)
  wan.run('ip', 'link', 'set', port, 'master', 'br0', 'up')
  inside.run('ip', 'addr', 'add', address, 'dev', device)
  inside.run('ip', 'link', 'set', device, 'up')
}

function namespace(name: string, address: string): Namespace {
  // `ip netns exec` would remount /sys and hide the cgroups from engines; nsenter changes the network alone.
  const inside = (file: string, argv: readonly string[]) => [`--net=/run/netns/${name}`, file, ...argv]
  return {
    name,
    address,
    spawn: (file, argv, options = {}) => spawn('nsenter', inside(file, argv), options),
    run: (file, ...argv) =>
      execFileSync('nsenter', inside(file, argv), { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] }),
  }
}

function ip(...argv: string[]): void {
  execFileSync('ip', argv, { timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] })
}
