/** What the command line said, with the sizes of a full run where it said nothing. */
export interface BenchOptions {
  readonly mode: string | undefined
  /** Parts to run; undefined: all. */
  readonly only: readonly string[] | undefined
  readonly agents: number
  readonly hosts: number
  readonly containers: number
  readonly megabytes: number
  readonly seconds: number
}
