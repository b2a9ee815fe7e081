/** One spelling of an address, however it is typed. */
export function canonical(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
