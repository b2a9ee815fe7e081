/** A line of a program's log. */
interface LogLine {
  readonly timeMs: number
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** What a hub or an agent wrote so far, as lines; what is none (the console's address) is left out. */
export function logLines(output: string): LogLine[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{"')) return []
    try {
      const { time, message, ...facts } = JSON.parse(line) as { time?: string; message?: string }
      return [{ timeMs: Date.parse(time ?? ''), message: message ?? '', facts }]
    } catch {
      // The last one may still be on its way.
      return []
    }
  })
}
