// A proxy of CONNECT as companies have them: `connect-proxy.ts PORT LOGIN`. Says each target that it lets through, and whom it refuses.
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'

const [port = '0', login = ''] = process.argv.slice(2)
const wanted = `Basic ${Buffer.from(login).toString('base64')}`

const server = createServer((_request, response) => response.writeHead(405).end())
server.on('connect', (request, client: Socket) => {
  client.on('error', () => undefined)
  if (request.headers['proxy-authorization'] !== wanted) {
    process.stdout.write(`refused ${request.url}\n`)
    return client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
  }
  const { hostname, port: to } = new URL(`http://${request.url}`)
  const upstream = connect(Number(to), hostname, () => {
    process.stdout.write(`let through ${request.url} ${request.headers['user-agent'] ?? 'agent'}\n`)
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    client.pipe(upstream).pipe(client)
  })
  upstream.on('error', () => client.destroy())
  client.on('close', () => upstream.destroy())
})
server.listen(Number(port), '0.0.0.0', () => process.stdout.write('ready\n'))
