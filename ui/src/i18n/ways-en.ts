/** What the sign-in page says of the providers of an organization. */
export const waysEn = {
  'directory.name': 'Name in {name}',
  'directory.password': 'Password there',
  or: 'or',
  through: 'Sign in through {name}',
  busy: 'On the way to {name}…',
  local: 'Should it not answer: whoever has a password or a passkey here signs in above, as ever.',
  'why.late': 'That sign-in took too long, or was begun in another browser; begin again here.',
  'why.refused': 'The provider did not let you go on; begin again, or ask who runs it.',
  'why.failed': 'What the provider answered could not be trusted. Try again; should it happen again, whoever manages access can test it.',
  'why.unreachable': 'The provider does not answer. Try again in a moment, or sign in with your password or passkey.',
  'why.no-role': 'The provider knows you, but none of your groups has a role here. Ask who manages access for a rule.',
  'why.unknown':
    'The provider knows you, but you have no account here yet. Ask who manages access for one, then link it on your account’s page.',
  'why.closed': 'This way in was closed meanwhile, or your login had ended. Sign in again.',
  'why.taken': 'Somebody signs in by that account already; unlink it there first.',
} as const
