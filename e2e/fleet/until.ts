import assert from 'node:assert/strict'

/** Waits for something that will become so. Generous: it is no measure of speed. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not become so within a minute')
}
