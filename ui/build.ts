// Builds the console into ui/dist: hashed files, compressed beforehand, sizes printed and held to the budget.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { transformSync } from '@babel/core'

const root = import.meta.dirname
const out = join(root, 'dist')
const budgets = { js: 75, css: 14 }

/** JSX becomes Solid's DOM code; each file's result is kept under the hash of its content. */
const solid: Plugin = {
  name: 'solid',
  setup(builder) {
    const cache = join(root, 'node_modules/.cache/solid')
    mkdirSync(cache, { recursive: true })
    // The router ships JSX as well.
    builder.onLoad({ filter: /\.[jt]sx$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const kept = join(cache, `${createHash('sha256').update(path).update(source).digest('hex')}.js`)
      try {
        return { contents: readFileSync(kept, 'utf8'), loader: 'js' }
      } catch {
        const { code } = transformSync(source, {
          filename: path,
          // Presets are this package's own, wherever it is built from.
          cwd: root,
          presets: [
            ['babel-preset-solid', {}],
            ['@babel/preset-typescript', { onlyRemoveTypeImports: true }],
          ],
          babelrc: false,
          configFile: false,
        })!
        writeFileSync(kept, code!)
        return { contents: code!, loader: 'js' }
      }
    })
  },
}

rmSync(out, { recursive: true, force: true })
const result = await build({
  entryPoints: [join(root, 'src/main.tsx')],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: true,
  conditions: ['solid', 'browser'],
  outdir: join(out, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  metafile: true,
  write: true,
  legalComments: 'none',
  plugins: [solid],
})

const entries = Object.entries(result.metafile.outputs)
const [main, { cssBundle }] = madeOf('src/main.tsx')
const url = (path: string) => path.replace(/^.*ui\/dist|^dist/, '').replace(/^(?!\/)/, '/')
const html = readFileSync(join(root, 'src/index.html'), 'utf8')
  .replace('<!-- styles -->', cssBundle === undefined ? '' : `<link rel="stylesheet" href="${url(cssBundle)}">`)
  .replace('<!-- scripts -->', `<script type="module" src="${url(main)}"></script>`)
writeFileSync(join(out, 'index.html'), html)

const size = (path: string) => brotliCompressSync(readFileSync(join(process.cwd(), path))).length / 1024
for (const [path] of entries.filter(([path]) => /\.(js|css)$/.test(path))) {
  const data = readFileSync(join(process.cwd(), path))
  writeFileSync(join(process.cwd(), `${path}.br`), brotliCompressSync(data))
  writeFileSync(join(process.cwd(), `${path}.gz`), gzipSync(data, { level: 9 }))
}
const js = firstLoad(main)
// Whoever reads French loads the longer words as well.
const french = firstLoad(main, madeOf('src/i18n/fr.ts')[0])
const css = cssBundle === undefined ? 0 : size(cssBundle)
console.log(
  `console: first load ${js.toFixed(1)} KiB of JavaScript, in French ${french.toFixed(1)}, and ${css.toFixed(1)} KiB of CSS (brotli)`,
)
if (french > budgets.js || css > budgets.css) {
  console.error(`console: over the budget of ${budgets.js} and ${budgets.css} KiB`)
  process.exit(1)
}

function madeOf(source: string) {
  return entries.find(([, output]) => output.entryPoint?.endsWith(source))!
}

/** The size of these and of all that they cannot begin without. */
function firstLoad(...paths: string[]): number {
  const all = new Set(paths)
  for (const path of all)
    for (const { kind, path: next } of result.metafile.outputs[path]!.imports) if (kind === 'import-statement') all.add(next)
  return [...all].reduce((total, path) => total + size(path), 0)
}
