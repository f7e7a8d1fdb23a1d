// Lets the bundle start a package when it is first called, and not when the command starts.

/** An esbuild plugin. `packages` are such whose default export is a function; `importer` is who loads them later. */
export function loadLater({ packages, importer }) {
  return {
    name: 'load-later',
    setup({ onResolve, onLoad, resolve }) {
      const filter = new RegExp(`^(${packages.join('|')})$`)
      onResolve({ filter }, async ({ path, importer: from, kind, resolveDir }) => {
        if (kind !== 'import-statement' || !from.includes(`/${importer}/`)) return undefined
        const { path: file, errors } = await resolve(path, { kind: 'require-call', importer: from, resolveDir })
        return { path: file, namespace: 'later', pluginData: { resolveDir }, errors }
      })
      // The bundler makes of a module that is required a function, which runs it once.
      onLoad({ filter: /.*/, namespace: 'later' }, ({ path, pluginData }) => ({
        contents: `export default (...given) => require(${JSON.stringify(path)}).default(...given)`,
        resolveDir: pluginData.resolveDir,
      }))
    },
  }
}
