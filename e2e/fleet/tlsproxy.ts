import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { until } from './until.ts'

/** A proxy as people put before a hub: it ends TLS with a certificate of its own and passes plain HTTP on. */
export interface TlsProxy {
  readonly port: number
  /** A new certificate under a new key, taken up without a restart. */
  renew(): void
  close(): Promise<void>
}

/** `key.pem` and `cert.pem` in a folder, for this machine. */
export function makeCertificate(dir: string): { readonly key: Buffer; readonly cert: Buffer } {
  execFileSync('openssl', [...certificate, '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore' })
  return { key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'cert.pem')) }
}

export async function openTlsProxy(target: { readonly port: number }): Promise<TlsProxy> {
  const dir = mkdtempSync('/var/tmp/fairlead-proxy-')
  const port = await freePort()
  makeCertificate(dir)
  writeFileSync(join(dir, 'nginx.conf'), configuration(dir, port, target.port))
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')], { stdio: 'ignore' })
  await until(() => readSafe(join(dir, 'nginx.pid')) !== '')
  return {
    port,
    renew() {
      makeCertificate(dir)
      child.kill('SIGHUP')
    },
    async close() {
      const ended = new Promise<void>((done) => child.once('exit', () => done()))
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const certificate =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1'.split(
    ' ',
  )

const configuration = (dir: string, port: number, target: number) => `daemon off;
pid ${dir}/nginx.pid;
worker_processes 1;
error_log ${dir}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${dir}/cert.pem;
    ssl_certificate_key ${dir}/key.pem;
    location / {
      proxy_pass http://127.0.0.1:${target};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto https;
      proxy_read_timeout 60s;
      proxy_buffering off;
    }
  }
}
`

function readSafe(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
