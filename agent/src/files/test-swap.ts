// `node test-swap.ts A B ...`: makes of each pair of names the other one's thing and back, over and over, until it is ended.
import { renameSync } from 'node:fs'

const names = process.argv.slice(2)
process.send?.('begun')
for (;;) {
  for (let at = 0; at < names.length; at += 2) {
    const [real, link] = [names[at]!, names[at + 1]!]
    renameSync(real, `${real}.aside`)
    renameSync(link, real)
    renameSync(real, link)
    renameSync(`${real}.aside`, real)
  }
}
