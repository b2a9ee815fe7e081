import type { Socket } from 'node:net'

/** Documents of a stream of JSON lines. Leaving the loop closes the stream. */
export async function* readJsonLines(socket: Socket): AsyncGenerator<unknown> {
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of socket) {
      rest += decoder.decode(chunk as Buffer, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > 1024 * 1024) throw new Error('a document of the engine has no end')
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
    }
    if (rest.trim() !== '') yield JSON.parse(rest)
  } finally {
    socket.destroy()
  }
}
