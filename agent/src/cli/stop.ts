import { change } from './change.ts'
import type { Cli } from './cli.ts'

export const run = (cli: Cli) => change(cli, 'stop')
