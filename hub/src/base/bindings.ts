import type { IncomingMessage, ServerResponse } from 'node:http'

/** What Node gives each request: both ends of it. The hub speaks HTTP/1.1 alone, where Hono's own type leaves HTTP/2 open. */
export interface NodeRequest {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** As Hono wants it. */
export interface Bindings {
  Bindings: NodeRequest
}
