// The main script of a program: runs the bundle with what V8 made of it when it was built, where that was made for this processor.
const { getAssetKeys, getRawAsset } = require('node:sea')
const { constants, Script } = require('node:vm')

const text = Buffer.from(getRawAsset('agent.cjs')).latin1Slice()
const cachedData = getAssetKeys().includes('agent.cache') ? Buffer.from(getRawAsset('agent.cache')) : undefined
const script = new Script(text, { filename: 'agent.cjs', cachedData, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
script.runInThisContext()(exports, require, module)
