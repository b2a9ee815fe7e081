import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { jsonLine, jsonPage } from '@fairlead/protocol/line.ts'
import { readConfig } from '../config.ts'
import { parseArgs, usageOf } from './args.ts'
import { clean } from './show.ts'
import { runSays, verbs } from './verbs.ts'

/** One verb, from its words to its exit code: that of the error table. */
export async function runCli(version: string, [name = 'help', ...argv]: readonly string[], env = process.env): Promise<void> {
  const json = argv.includes('--json') && !(verbs[name]?.command === true && argv.indexOf('--json') > argv.indexOf('--'))
  try {
    if (name === 'help' || name === '--help' || name === '-h') return write(help(version, argv[0]))
    if (argv[0] === '--help' && verbs[name] !== undefined) return write(help(version, name))
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
    if (verb === undefined) throw new FairleadError('invalid_input', `"${name}" is no verb of the agent; "fairlead-agent help" lists them.`)
    const parsed = parseArgs(name, verb, argv)
    const { run } = await verb.load()
    await run({
      ...parsed,
      config: readConfig(env),
      version,
      json,
      say: (document, words) => write(json ? `${jsonPage(document)}\n` : `${clean(words())}\n`),
      warn: (words) => void process.stderr.write(`${clean(words)}\n`),
      exit: (code) => void (process.exitCode = code),
    })
  } catch (error) {
    process.exitCode = codes[codeOf(error)].exit
    const message = error instanceof Error ? error.message : String(error)
    const document = { error: { code: codeOf(error), message } }
    process.stderr.write(json ? `${jsonLine(document)}\n` : `fairlead-agent: ${clean(message)}\n`)
  }
}

function write(text: string): void {
  process.stdout.write(text)
}

function help(version: string, name: string | undefined): string {
  const verb = name === undefined || !Object.hasOwn(verbs, name) ? undefined : verbs[name]
  if (verb === undefined) {
    const lines = Object.entries(verbs).map(([each, { args, says }]) => `  ${`${each} ${args}`.trim().padEnd(40)} ${says}`)
    return `fairlead-agent ${version}\n\n  ${'run'.padEnd(40)} ${runSays}\n${lines.join('\n')}\n\nEach takes --help, and those that answer something --json. Works with the hub gone, and most of it without the agent running.\n`
  }
  const options = Object.entries(verb.options ?? {}).map(
    ([long, { arg, short, says }]) =>
      `  ${`${short === undefined ? '    ' : `-${short}, `}--${long}${arg === undefined ? '' : ` ${arg}`}`.padEnd(26)} ${says}`,
  )
  return `${usageOf(name!, verb)}\n\n${verb.says}\n${options.length === 0 ? '' : `\n${options.join('\n')}\n`}`
}
