import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeAnswerer, type MatchAnswer } from './match-worker.ts'
import { makeMatcher, type Matcher, type Port } from './matcher.ts'
import { placeOf, scrollTo, windowOf } from './place.ts'
import { makeRows, type Choice } from './rows.ts'
import { keyOf, parseSources } from './sources.ts'
import { createLogStore, type LogStore } from './store.ts'

/** A worker in this thread; `stuck` never answers. */
function openHere(stuck = false): () => Promise<Port> {
  return async () => {
    const answer = makeAnswerer()
    let listen: (answer: MatchAnswer) => void = () => undefined
    return {
      ask: (request) => void (stuck || queueMicrotask(() => listen(answer(request)))),
      onAnswer: (next) => void (listen = next),
      close: () => void (listen = () => undefined),
    }
  }
}

function storeOf(lines: readonly string[]) {
  const store = createLogStore()
  const parts = lines.map((text) => Buffer.from(text))
  store.append(0, {
    count: lines.length,
    times: Float64Array.from(lines, (_, i) => i),
    sources: new Uint8Array(lines.length),
    levels: new Uint8Array(lines.length),
    lengths: Uint32Array.from(parts, ({ length }) => length),
    text: Buffer.concat(parts),
  })
  return store
}

const unbroken = (error: unknown) => assert.fail(String(error))

async function shown(lines: readonly string[], choice: Partial<Choice>): Promise<string[]> {
  const store = storeOf(lines)
  const matcher = makeMatcher(openHere(), () => undefined)
  const rows = makeRows(store, matcher, () => undefined, unbroken)
  rows.choose({ filter: '', highlight: false, around: 0, hidden: new Set(), ...choice })
  await new Promise((resolve) => setTimeout(resolve, 20))
  rows.refresh(Number.POSITIVE_INFINITY)
  matcher.close()
  return [...rows.order.ids.subarray(0, rows.order.length)].map((id) => store.text(id))
}

describe('the rows of a log', () => {
  const lines = ['a1', 'b1', 'a2', 'b2', 'b3', 'b4', 'a3']

  it('are those that fit, with some around each when asked, or all with what fits marked', async () => {
    assert.deepEqual(await shown(lines, { filter: 'a' }), ['a1', 'a2', 'a3'])
    assert.deepEqual(await shown(lines, { filter: 'a2', around: 1 }), ['b1', 'a2', 'b2'])
    assert.deepEqual(await shown(lines, { filter: 'a', around: 1 }), ['a1', 'b1', 'a2', 'b2', 'b4', 'a3'])
    assert.deepEqual(await shown(lines, { filter: 'a', highlight: true }), lines)
    assert.deepEqual(await shown(lines, { hidden: new Set([0]) }), [])
  })

  it('say why they cannot be looked for, keep what was found, and are looked for again when asked', async () => {
    const store = storeOf(lines)
    let down = true
    const breaks = async () => (down ? Promise.reject(new Error('no worker')) : openHere()())
    const matcher = makeMatcher(breaks, () => undefined)
    const { rows, failures } = failingRows(store, matcher)
    matcher.warm()
    rows.choose({ filter: 'a', highlight: false, around: 0, hidden: new Set() })
    await new Promise((resolve) => setTimeout(resolve, 20))
    rows.scan()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([failures, rows.scanning, rows.hits], [['no worker'], false, 0])
    down = false
    rows.again()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([failures.length, rows.scanning, rows.hits], [1, false, 3])
    matcher.close()
  })

  it('say that the worker broke in the middle, and begin another one when asked', async () => {
    const store = storeOf(lines)
    let fail: (error: Error) => void = assert.fail
    let first = true
    const breaks = async () => {
      const port = await openHere(first)()
      first = false
      return { ...port, onFail: (listen: (error: Error) => void) => void (fail = listen) }
    }
    const matcher = makeMatcher(breaks, () => undefined)
    const { rows, failures } = failingRows(store, matcher)
    rows.choose({ filter: 'a', highlight: false, around: 0, hidden: new Set() })
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(rows.scanning, true)
    fail(new Error('thrown in it'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([failures, rows.scanning], [['thrown in it'], false])
    rows.again()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([failures.length, rows.hits], [1, 3])
    matcher.close()
  })

  it('say when all was looked at, though nothing fits and nothing more comes', async () => {
    const store = storeOf(lines)
    const matcher = makeMatcher(openHere(), () => undefined)
    const told: boolean[] = []
    const rows = makeRows(store, matcher, () => rows.refresh(Number.POSITIVE_INFINITY) === 'changed' && told.push(rows.scanning), unbroken)
    rows.choose({ filter: 'nowhere', highlight: false, around: 0, hidden: new Set() })
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([told.at(-1), rows.hits], [false, 0])
    matcher.close()
  })

  it('stop an expression that takes too long, and look again with the next one', async () => {
    let slow = 0
    let stuck = true
    const matcher = makeMatcher(
      () => openHere(stuck)(),
      () => slow++,
      20,
    )
    matcher.setFilter('/x/')
    const block = {
      text: Buffer.from('x'),
      offsets: Uint32Array.of(0),
      lengths: Uint32Array.of(1),
      levels: new Uint8Array(1),
      origins: new Uint8Array(1),
    }
    assert.equal(await matcher.match(block), undefined)
    assert.equal(await matcher.match(block), undefined)
    assert.equal(slow, 1)
    stuck = false
    matcher.setFilter('x')
    assert.deepEqual(await matcher.match(block), Uint8Array.of(1))
    assert.deepEqual(await matcher.marks(['axa']), [[1, 2]])
    matcher.close()
  })

  it('lie as a browser scrolls: the first at the top, the last at the bottom', () => {
    assert.deepEqual(placeOf(0, 1000, 18, 600), { row: 0, share: 0, y: 0 })
    const end = placeOf(18 * 1000 - 600, 1000, 18, 600)
    assert.deepEqual([end.row, end.y], [999, 600])
    const [from, to] = windowOf(placeOf(scrollTo(500, 1000, 18, 600), 1000, 18, 600), 1000, 18, 600, 8)
    assert.ok(from < 490 && to > 510 && to - from < 80, `${from} ${to}`)
  })

  it('come from the sources of an address, each once, and from nothing else', () => {
    const id = 'abcdef012345'
    assert.deepEqual(parseSources(`h1/${id},h1/${id}6789,h2/web,../../x,h3/`, 10).map(keyOf), [`h1/${id}`, 'h2/web'])
    assert.equal(parseSources(Array.from({ length: 100 }, (_, n) => `h/c${n}`).join(','), 62).length, 62)
  })
})

/** Rows that are brought up to date at once, and what they said went wrong. */
function failingRows(store: LogStore, matcher: Matcher) {
  const failures: string[] = []
  const rows = makeRows(
    store,
    matcher,
    () => rows.refresh(Number.POSITIVE_INFINITY),
    (error) => failures.push((error as Error).message),
  )
  return { rows, failures }
}
