/** The engine's inspect document without the values of environment variables: names stay, values go. */
export function redactDocument(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const config = document['Config']
  if (typeof config !== 'object' || config === null) return { ...document }
  const env = (config as { Env?: unknown }).Env
  if (!Array.isArray(env)) return { ...document }
  const names = env.map((entry) => `${String(entry).split('=', 1)[0]}=•••`)
  return { ...document, Config: { ...config, Env: names } }
}
