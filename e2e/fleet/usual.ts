/** What a program of a test has of what is around it: nothing that somebody set for themselves. What Node compiled once it finds again. */
export const usual: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
)
