// Run by `cache.ts` as a process of its own, under its flags. Arguments: the wrapped bundle, and where its code cache goes.
const { readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')

const [, , source, output] = process.argv
const script = new Script(readFileSync(source, 'latin1'), { filename: 'agent.cjs' })
process.argv.splice(2, process.argv.length, '--version')
script.runInThisContext()(exports, require, module)
writeFileSync(output, script.createCachedData())
