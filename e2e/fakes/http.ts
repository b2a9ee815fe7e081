import type { IncomingMessage, ServerResponse } from 'node:http'

/** Method, path without the version prefix, query. */
export function target(request: IncomingMessage): { method: string; path: string; query: URLSearchParams } {
  const url = new URL(request.url ?? '/', 'http://engine')
  return { method: request.method ?? 'GET', path: url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, ''), query: url.searchParams }
}

export function answer(response: ServerResponse, status: number, body?: unknown): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    'Api-Version': '1.45',
    Server: 'Docker (fake)',
    ...(text === '' ? {} : { 'Content-Type': 'application/json' }),
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}
