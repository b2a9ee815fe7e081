import { readFileSync } from 'node:fs'

/** What stands in the PEM file that a setting names; undefined where none is named. One that cannot be read is a problem of the settings. */
export function readPem(setting: string, file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch {
    problems.push(`${setting} names ${file}, which cannot be read; give the path of a PEM file that this account may read.`)
    return undefined
  }
}
