import type { Notice } from '@fairlead/protocol/features/factors.ts'
import type { Letter } from './outbox.ts'

type Language = 'en' | 'fr'

interface Invited {
  readonly to: string
  readonly by: string
  readonly organization: string
  readonly link: string
  readonly expires: Date
}

export function invitation(language: Language, { to, by, organization, link, expires }: Invited): Letter {
  const until = when(language, expires)
  const lines = {
    en: [
      `${by} invites you to ${organization} on Fairlead.`,
      `This link works once, until ${until}:`,
      link,
      'If you do not know of this, do nothing: without the link nothing happens.',
    ],
    fr: [
      `${by} vous invite dans ${organization} sur Fairlead.`,
      `Ce lien fonctionne une seule fois, jusqu’au ${until} :`,
      link,
      'Si cela ne vous dit rien, ne faites rien : sans le lien, rien ne se passe.',
    ],
  }[language]
  const subject = { en: `Invitation to ${organization}`, fr: `Invitation dans ${organization}` }[language]
  return { to, subject: oneLine(subject), text: lines.map((line) => `${oneLine(line)}\n`).join('\n') }
}

const happened: Readonly<Record<Notice['kind'], Readonly<Record<Language, string>>>> = {
  device: { en: 'A browser that was not seen before signed in', fr: 'Un navigateur jamais vu auparavant s’est connecté' },
  password: { en: 'The password was changed', fr: 'Le mot de passe a été changé' },
  totp_added: { en: 'An authenticator app was added', fr: 'Une application de codes a été ajoutée' },
  totp_removed: { en: 'The authenticator app was removed', fr: 'L’application de codes a été retirée' },
  passkey_added: { en: 'A passkey was added', fr: 'Une clé d’accès a été ajoutée' },
  passkey_removed: { en: 'A passkey was removed', fr: 'Une clé d’accès a été retirée' },
  codes_drawn: { en: 'New recovery codes were drawn', fr: 'De nouveaux codes de secours ont été tirés' },
  code_used: { en: 'A recovery code was used', fr: 'Un code de secours a été utilisé' },
  reset: { en: 'The account was given back at the hub’s own machine', fr: 'Le compte a été rendu depuis la machine du hub' },
  token_made: { en: 'A token for scripts was made', fr: 'Un jeton pour scripts a été créé' },
}

interface Told {
  readonly to: string
  readonly kind: Notice['kind']
  readonly at: Date
  readonly ip: string
  /** Where the console is. */
  readonly address: string
}

export function notice(language: Language, { to, kind, at, ip, address }: Told): Letter {
  const what = happened[kind][language]
  const lines = {
    en: [
      `${what}.`,
      `${when(language, at)}, from ${ip}.`,
      `If it was not you: change your password and end the other logins at ${address}/profile.`,
    ],
    fr: [
      `${what}.`,
      `${when(language, at)}, depuis ${ip}.`,
      `Si ce n’était pas vous : changez votre mot de passe et terminez les autres connexions sur ${address}/profile.`,
    ],
  }[language]
  const subject = { en: `Your Fairlead account: ${what}`, fr: `Votre compte Fairlead : ${what}` }[language]
  return { to, subject, text: lines.map((line) => `${oneLine(line)}\n`).join('\n') }
}

function when(language: Language, at: Date): string {
  return `${at.toLocaleString(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })} UTC`
}

/** People name themselves and their organizations: none of it begins a line of its own, or turns one around. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
