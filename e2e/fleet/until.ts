import assert from 'node:assert/strict'

/** Waits for something that will become so, for half a minute unless told. Generous: it is no measure of speed. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  for (let i = 0; i < seconds * 20; i++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`it did not become so within ${seconds} s`)
}
