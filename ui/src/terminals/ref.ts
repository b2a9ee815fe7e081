/** A terminal and the host that holds it. */
export interface TerminalRef {
  readonly host: string
  readonly id: string
}
