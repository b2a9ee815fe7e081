import { createPerson } from '../../fleet/console.ts'
import { sleep } from '../measure/numbers.ts'
import { password, type Person } from './people.ts'

/** All at once. The hub tells some to wait when too many come: they do, and try again, as a browser's form does. */
export async function signInAll(base: string, people: readonly Person[]): Promise<{ refused: number }> {
  let refused = 0
  await Promise.all(
    people.map(async ({ email }) => {
      for (;;) {
        const { status, text } = await createPerson(base).ask('POST', '/api/v1/logins', { body: { email, password } })
        if (status === 200) return
        if (status !== 429) throw new Error(`sign-in: ${status} ${text}`)
        refused++
        await sleep(250 + Math.random() * 500)
      }
    }),
  )
  return { refused }
}
