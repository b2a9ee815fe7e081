/** What a person is shown: accounts that have no e-mail hold something in its place that is none. */
export function shownEmail(email: string): string {
  return email.includes('@') ? email : ''
}

/** One spelling of an address, however it is typed. */
export function canonical(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
