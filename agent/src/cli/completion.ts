import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Cli, Verb } from './verb.ts'
import { helpSays, runSays, verbs } from './verbs.ts'

const makers = { bash, zsh, fish }

export function run({ words }: Pick<Cli, 'words'>): void {
  const [shell = ''] = words
  if (!Object.hasOwn(makers, shell))
    throw new FairleadError('invalid_input', `"${shell}" is no shell that is known; ${Object.keys(makers).join(', ')} are.`)
  process.stdout.write(makers[shell as keyof typeof makers]())
}

const names = ['run', 'help', ...Object.keys(verbs)]
const each = Object.entries(verbs)
const flagsOf = ({ options = {} }: Verb) => ['--help', ...Object.keys(options).map((long) => `--${long}`)]
/** Of those a container comes next. */
const takesContainer = ({ args }: Verb) => args.includes('CONTAINER')
const containerVerbs = each.flatMap(([name, verb]) => (takesContainer(verb) ? [name] : [])).join('|')
// A stack is called what a label says, and an image brings labels along: bash would run the $(...) of such a name.
const namesOf = (asked: string) =>
  `fairlead-agent ${asked} --json 2>/dev/null | sed -n 's/^    "name": "\\([A-Za-z0-9_][A-Za-z0-9_.-]*\\)",$/\\1/p'`
const containersOf = namesOf('ps --all')
const stacksOf = namesOf('stacks')
const quoted = (text: string) => text.replaceAll("'", "'\\''")

const fishText = (text: string) => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
const inFish = (command: string) => command.replaceAll('"', '\\"').replaceAll('$', '\\$')

export function bash(): string {
  const flags = each.map(([name, verb]) => `    ${name}) words='${flagsOf(verb).join(' ')}' ;;`).join('\n')
  return `_fairlead_agent() {
  local word=\${COMP_WORDS[COMP_CWORD]} verb=\${COMP_WORDS[1]} words=
  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W '${names.join(' ')}' -- "$word")); return; fi
  case $verb in
${flags}
  esac
  case $verb in
    ${containerVerbs}) words="$words $(${containersOf})" ;;
    stacks) words="$words $(${stacksOf})" ;;
    completion) words="$words bash zsh fish" ;;
  esac
  if [ "\${COMP_WORDS[COMP_CWORD - 1]}" = --stack ]; then words=$(${stacksOf}); fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _fairlead_agent fairlead-agent
`
}

export function zsh(): string {
  const described = each.map(([name, { says }]) => `    '${name}:${quoted(says).replaceAll(':', '\\:')}'`).join('\n')
  const flags = each.map(([name, verb]) => `    ${name}) reply=(${flagsOf(verb).join(' ')}) ;;`).join('\n')
  return `#compdef fairlead-agent
_fairlead_agent() {
  local -a verbs reply
  verbs=(
    'run:${runSays}'
    'help:${helpSays}'
${described}
  )
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  case $words[2] in
${flags}
  esac
  case $words[2] in
    ${containerVerbs}) reply+=(\${(f)"$(${containersOf})"}) ;;
    stacks) reply+=(\${(f)"$(${stacksOf})"}) ;;
    completion) reply+=(bash zsh fish) ;;
  esac
  if [[ $words[CURRENT-1] == --stack ]]; then reply=(\${(f)"$(${stacksOf})"}); fi
  compadd -a reply
}
if [ "$funcstack[1]" = _fairlead_agent ]; then _fairlead_agent "$@"; else compdef _fairlead_agent fairlead-agent; fi
`
}

export function fish(): string {
  const lines = each.flatMap(([name, verb]) => [
    `complete -c fairlead-agent -f -n __fish_use_subcommand -a ${name} -d '${fishText(verb.says)}'`,
    `complete -c fairlead-agent -n '__fish_seen_subcommand_from ${name}' -l help -d 'how it is called'`,
    ...Object.entries(verb.options ?? {}).map(([long, { arg, short, says }]) => {
      const value = arg === undefined ? '' : arg === 'STACK' ? ` -x -a "(${inFish(stacksOf)})"` : ' -r'
      return `complete -c fairlead-agent -n '__fish_seen_subcommand_from ${name}' -l ${long}${short === undefined ? '' : ` -s ${short}`} -d '${fishText(says)}'${value}`
    }),
    ...(takesContainer(verb)
      ? [`complete -c fairlead-agent -f -n '__fish_seen_subcommand_from ${name}' -a "(${inFish(containersOf)})"`]
      : []),
  ])
  const rest = [`help -d "${helpSays}"`, `run -d "${runSays}"`].map(
    (one) => `complete -c fairlead-agent -f -n __fish_use_subcommand -a ${one}`,
  )
  rest.push(`complete -c fairlead-agent -f -n '__fish_seen_subcommand_from stacks' -a "(${inFish(stacksOf)})"`)
  return `${[...lines, ...rest].join('\n')}\ncomplete -c fairlead-agent -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n`
}
