import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Namespace } from './net.ts'

/** A way from this process into a namespace, past its network: TCP here, a unix socket between, TCP in there. */
export interface Gate {
  readonly port: number
  close(): Promise<void>
}

const inside = `const n=require('net');n.createServer(a=>{const b=n.connect(+process.argv[2],process.argv[1]);
for(const s of [a,b])s.on('error',()=>{a.destroy();b.destroy()});a.pipe(b);b.pipe(a)}).listen(process.argv[3],()=>console.log('up'))`

export async function openGate(where: Namespace, port: number): Promise<Gate> {
  const dir = mkdtempSync('/var/tmp/fairlead-gate-')
  const socket = join(dir, 'gate')
  const child = where.spawn(process.execPath, ['-e', inside, where.address, String(port), socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout!.once('data', resolve))
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(socket)
    for (const end of [near, far]) {
      open.add(end)
      end.on('error', () => end.destroy())
      end.on('close', () => {
        open.delete(end)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      child.kill('SIGKILL')
      for (const end of open) end.destroy()
      rmSync(dir, { recursive: true, force: true })
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
