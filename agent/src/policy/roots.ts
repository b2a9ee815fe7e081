/** The folder of these that a path lies in, the nearest; undefined: it lies in none. Both are absolute and written in one way only. */
export function rootOf(roots: readonly string[], path: string): string | undefined {
  return roots
    .filter((root) => path === root || path.startsWith(root === '/' ? root : `${root}/`))
    .toSorted((a, b) => b.length - a.length)
    .at(0)
}
