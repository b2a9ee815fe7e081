import type { Method } from '../contract.ts'
import { FairleadError } from '../errors.ts'

/** Names the field that is wrong, never its value. */
export function parseInput(method: Pick<Method, 'input'>, params: unknown): unknown {
  const result = method.input.safeParse(params ?? {})
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? 'what was said' : `"${issue.path.map(String).join('.')}"`
  throw new FairleadError('invalid_input', `${where} is not as it must be: ${describe(issue)}.`, {
    details: { field: issue?.path.map(String).join('.') ?? '' },
  })
}

function describe(issue: object | undefined): string {
  const { code, expected, minimum, maximum } = (issue ?? {}) as Record<string, unknown>
  switch (code) {
    case 'invalid_type':
      return `a ${String(expected)} is wanted`
    case 'too_small':
      return `at least ${String(minimum)} is wanted`
    case 'too_big':
      return `at most ${String(maximum)} is allowed`
    case 'unrecognized_keys':
      return 'it has unknown fields'
    case 'invalid_value':
      return 'it is none of the allowed values'
    case 'invalid_format':
      return 'it has a form that is not allowed'
    default:
      return 'it does not fit the contract'
  }
}
