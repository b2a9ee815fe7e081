import * as crypto from 'node:crypto'
import { nodeSuite, rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { keyText, noteOf, textOf, toBase64 } from '@fairlead/protocol/trail/note.ts'
import { growFrom, noLeaves, rootOf } from '@fairlead/protocol/trail/tree.ts'

const { hash: digest, sign } = nodeSuite(crypto)

/** A trail whose rows are what `row` says, and whoever signs it. */
export function makeTrail(organization: string, row: (n: number) => string = String) {
  const pair = crypto.generateKeyPairSync('ed25519')
  const key = { origin: `fairlead/${'ab'.repeat(8)}/${organization}`, publicKey: rawPublicKey(pair.publicKey) }
  const part = (from: number, to: number, story = row) => {
    const grown = growFrom(digest, noLeaves(from))
    for (let n = from; n < to; n++) grown.leaf(digest(Buffer.from(story(n))))
    return grown.range()
  }
  const note = (size: number, story = row) => {
    const checkpoint = { origin: key.origin, size, root: rootOf(digest, part(0, size, story)), head: digest() }
    return noteOf(
      digest,
      checkpoint,
      key.publicKey,
      sign({ publicKey: key.publicKey, privateKey: pair.privateKey }, Buffer.from(textOf(checkpoint))),
    )
  }
  const show = (from: number, size: number, story = row) => ({
    note: note(size, story),
    key: keyText(digest, key),
    from,
    hashes: part(from, size, story).hashes.map(toBase64),
  })
  return { note, show }
}
