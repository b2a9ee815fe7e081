// What the agent's bundle takes for `zod/mini`: the part of it that our contracts use, a closure each. The real one costs every agent 20 ms
// at its start and 2 MB of private memory. The same schemas say the same of the same values, with either: `schema.test.ts`.

/** The first thing that is wrong: nobody asks for the others. */
interface Issue {
  readonly code: string
  readonly path: (string | number)[]
  readonly expected?: string
  readonly minimum?: number
  readonly maximum?: number
}

type Run = (value: unknown, issues: Issue[]) => unknown
interface Check {
  (value: never, issues: Issue[]): void
  /** A list that is longer is refused before anything in it is looked at. */
  readonly most?: number
}
type Shape = Readonly<Record<string, Schema>>
type Result = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: { readonly issues: Issue[] } }

/** What an absent field is: wrong, nothing, or something else in its place. */
type Absent = 'wrong' | 'nothing' | 'default'

class Schema {
  readonly run: Run
  readonly absent: Absent
  /** The answer may be without it. */
  readonly mayLack: boolean
  /** Of an object. */
  readonly def: { readonly shape?: Shape; readonly strict?: boolean }

  constructor(run: Run, absent: Absent = 'wrong', mayLack = false, def: Schema['def'] = {}) {
    this.run = run
    this.absent = absent
    this.mayLack = mayLack
    this.def = def
  }

  get shape(): Shape {
    return this.def.shape ?? {}
  }

  check(...checks: readonly Check[]): Schema {
    const tooLong = checks.find(({ most }) => most !== undefined)
    const run: Run = (value, issues) => {
      if (tooLong !== undefined && Array.isArray(value)) tooLong(value as never, issues)
      const read = issues.length === 0 ? this.run(value, issues) : undefined
      for (const check of checks) if (issues.length === 0) check(read as never, issues)
      return read
    }
    return new Schema(run, this.absent, this.mayLack, this.def)
  }

  safeParse(value: unknown): Result {
    const issues: Issue[] = []
    const data = this.run(value, issues)
    return issues.length === 0 ? { success: true, data } : { success: false, error: { issues } }
  }

  parse(value: unknown): unknown {
    const result = this.safeParse(value)
    if (result.success) return result.data
    const { code, path } = result.error.issues[0]!
    throw new Error(`${path.join('.') || 'it'} does not fit (${code})`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function refuse(issues: Issue[], code: string, more: Omit<Partial<Issue>, 'code'> = {}): undefined {
  issues.push({ code, path: [], ...more })
}

const wrongType = (issues: Issue[], expected: string) => refuse(issues, 'invalid_type', { expected })

function ofType(expected: string, is: (value: unknown) => boolean): Schema {
  return new Schema((value, issues) => (is(value) ? value : wrongType(issues, expected)))
}

export const string = (): Schema => ofType('string', (value) => typeof value === 'string')
export const boolean = (): Schema => ofType('boolean', (value) => typeof value === 'boolean')
/** Neither an infinity nor "not a number" is one. */
export const number = (): Schema => ofType('number', Number.isFinite)
export const unknown = (): Schema => new Schema((value) => value, 'nothing', true)

export const int = (): Schema =>
  number().check((value: number, issues: Issue[]) => {
    if (!Number.isInteger(value)) wrongType(issues, 'int')
    else if (value > Number.MAX_SAFE_INTEGER) refuse(issues, 'too_big', { maximum: Number.MAX_SAFE_INTEGER })
    else if (value < Number.MIN_SAFE_INTEGER) refuse(issues, 'too_small', { minimum: Number.MIN_SAFE_INTEGER })
  })

function oneOf(values: readonly unknown[]): Schema {
  const known = new Set(values)
  return new Schema((value, issues) => (known.has(value) ? value : refuse(issues, 'invalid_value')))
}
export const literal = (value: unknown): Schema => oneOf([value])
export { oneOf as enum }

export const optional = (inner: Schema): Schema =>
  new Schema(
    (value, issues) => (value === undefined && inner.absent !== 'default' ? undefined : inner.run(value, issues)),
    inner.absent === 'default' ? 'default' : 'nothing',
    true,
  )

export const nullable = (inner: Schema): Schema =>
  new Schema((value, issues) => (value === null ? null : inner.run(value, issues)), inner.absent, inner.mayLack)

/** A new one each time: whoever gets it may change it. */
export const _default = (inner: Schema, substitute: unknown): Schema =>
  new Schema((value, issues) => {
    if (value !== undefined) return inner.run(value, issues)
    return Array.isArray(substitute) ? [...(substitute as unknown[])] : isObject(substitute) ? { ...substitute } : substitute
  }, 'default')

/** False: it is wrong, and the issue says where. */
function readAt(schema: Schema, value: unknown, key: string | number, issues: Issue[], keep: (read: unknown) => void): boolean {
  const read = schema.run(value, issues)
  if (issues.length > 0) {
    issues[0]!.path.unshift(key)
    return false
  }
  keep(read)
  return true
}

export const array = (element: Schema): Schema =>
  new Schema((value, issues) => {
    if (!Array.isArray(value)) return wrongType(issues, 'array')
    const out: unknown[] = []
    for (let at = 0; at < value.length; at++) if (!readAt(element, value[at], at, issues, (read) => void (out[at] = read))) return undefined
    return out
  })

export const tuple = (items: readonly Schema[]): Schema =>
  new Schema((value, issues) => {
    if (!Array.isArray(value)) return wrongType(issues, 'tuple')
    if (value.length < items.length) return refuse(issues, 'too_small', { minimum: items.length })
    if (value.length > items.length) return refuse(issues, 'too_big', { maximum: items.length })
    const out: unknown[] = []
    for (const [at, item] of items.entries()) if (!readAt(item, value[at], at, issues, (read) => void (out[at] = read))) return undefined
    return out
  })

export const record = (keys: Schema, values: Schema): Schema =>
  new Schema((value, issues) => {
    if (!isObject(value)) return wrongType(issues, 'record')
    const out: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      if (key === '__proto__') continue
      keys.run(key, issues)
      if (issues.length > 0) {
        issues.length = 0
        return refuse(issues, 'invalid_key', { path: [key] })
      }
      if (!readAt(values, value[key], key, issues, (read) => void (out[key] = read))) return undefined
    }
    return out
  })

export const union = (options: readonly Schema[]): Schema =>
  new Schema((value, issues) => {
    for (const option of options) {
      const result = option.safeParse(value)
      if (result.success) return result.data
    }
    return refuse(issues, 'invalid_union')
  })

/** What is not named is left out, or with `strict` refused. */
function objectOf(shape: Shape, strict: boolean): Schema {
  const fields = Object.entries(shape)
  const run: Run = (value, issues) => {
    if (!isObject(value)) return wrongType(issues, 'object')
    const out: Record<string, unknown> = {}
    for (const [key, schema] of fields) {
      const present = key in value
      if (!present && schema.absent === 'nothing') continue
      const keep = (read: unknown) => {
        if (read !== undefined || present) out[key] = read
      }
      if (!readAt(schema, value[key], key, issues, keep)) return undefined
    }
    if (strict) for (const key in value) if (!Object.hasOwn(shape, key)) return refuse(issues, 'unrecognized_keys')
    return out
  }
  return new Schema(run, 'wrong', false, { shape, strict })
}
export const object = (shape: Shape): Schema => objectOf(shape, false)
export const strictObject = (shape: Shape): Schema => objectOf(shape, true)
export const extend = ({ def: { shape = {}, strict = false } }: Schema, more: Shape): Schema => objectOf({ ...shape, ...more }, strict)

export const regex =
  (pattern: RegExp): Check =>
  (value: string, issues) => {
    if (!pattern.test(value)) refuse(issues, 'invalid_format')
  }
export const refine =
  (fits: (value: never) => boolean): Check =>
  (value, issues) => {
    if (!fits(value)) refuse(issues, 'custom')
  }
export const minLength =
  (minimum: number): Check =>
  (value: { readonly length: number }, issues) => {
    if (value.length < minimum) refuse(issues, 'too_small', { minimum })
  }
export const maxLength = (maximum: number): Check => {
  const check = (value: { readonly length: number }, issues: Issue[]) => {
    if (value.length > maximum) refuse(issues, 'too_big', { maximum })
  }
  return Object.assign(check, { most: maximum })
}
export const gte =
  (minimum: number): Check =>
  (value: number, issues) => {
    if (value < minimum) refuse(issues, 'too_small', { minimum })
  }
export const lte =
  (maximum: number): Check =>
  (value: number, issues) => {
    if (value > maximum) refuse(issues, 'too_big', { maximum })
  }
