import { spawn, type SpawnOptions } from 'node:child_process'

/** Runs a program to its end; what it says goes to standard error. Throws unless it ends well. */
export function run(file: string, argv: readonly string[], options: SpawnOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { ...options, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`"${file} ${argv[0] ?? ''}" ended with ${code ?? signal}; its reason is above.`)),
    )
  })
}
