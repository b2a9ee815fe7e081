import { FairleadError } from '@fairlead/protocol/errors.ts'

// What people begin with when they make up a password; the forms they give it (Passw0rd2026!, admin-admin-admin) are undone below.
const words = new Set(
  `
  password passphrase passwort motdepasse administrator administrateur admin root user welcome bienvenue login letmein
  changeme secret monkey dragon master shadow sunshine princess football baseball superman batman iloveyou trustno
  freedom whatever starwars computer internet server docker container kubernetes proxmox portainer linux ubuntu debian
  fairlead homelab soleil bonjour doudou loulou chouchou marseille jetaime azerty qwerty qwertz qwertyuiop azertyuiop
  asdfghjkl qsdfghjklm zxcvbnm wxcvbn abc abcd abcdef test tester testing demo guest default temp temporary hello google
  facebook microsoft windows samsung apple charlie michael jessica jordan hunter ranger buster soccer hockey killer
  george thomas daniel andrew joshua ashley nicole matrix mustang access flower cheese summer winter spring autumn hiver
  printemps automne january monday lundi correcthorsebatterystaple opensesame manager system service backup database
  postgres oracle mysql pass love god sex money company entreprise
`
    .trim()
    .split(/\s+/),
)

// Rows of the keyboard and of the alphabet, to be followed in either direction.
const rows = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
]
const leet: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }

/** Refuses what everybody tries first, and what is made of the person's own name. Length itself is checked by the contract. */
export function refuseCommon(password: string, own: readonly string[] = []): void {
  if (!isCommon(password.normalize('NFKC').toLowerCase(), new Set(own.flatMap(wordsOf)))) return
  throw new FairleadError(
    'invalid_input',
    'This password is one of the first that an attacker tries; choose another, for example four unrelated words.',
    { details: { field: 'password' } },
  )
}

function isCommon(plain: string, own: ReadonlySet<string>): boolean {
  if (/^(.{1,4}?)\1+.{0,3}$/u.test(plain)) return true
  const core = plain.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '')
  const forms = [plain, core, [...core].map((char) => leet[char] ?? char).join('')]
  return forms.map((form) => form.replaceAll(/[^\p{L}\p{N}]/gu, '')).some((form) => form !== '' && (isFewWords(form, own) || isRow(form)))
}

/** Up to three of the words and nothing else: "adminadmin", "dockerpassword". Four, even of these, are somebody's own idea. */
function isFewWords(text: string, own: ReadonlySet<string>): boolean {
  const fewest = [0]
  for (let to = 1; to <= text.length; to++) {
    fewest[to] = Infinity
    for (let from = Math.max(0, to - 32); from < to; from++) {
      const part = text.slice(from, to)
      if (words.has(part) || own.has(part)) fewest[to] = Math.min(fewest[to]!, fewest[from]! + 1)
    }
  }
  return fewest[text.length]! <= 3
}

/** "qwertyuiop12", "987654321abc". */
function isRow(text: string): boolean {
  return [text, [...text].reverse().join('')].some((form) => {
    const pieces = form.split(/(?<=\D)(?=\d)|(?<=\d)(?=\D)/)
    return pieces.length <= 3 && pieces.every((piece) => rows.some((row) => row.includes(piece)))
  })
}

function wordsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2)
}
