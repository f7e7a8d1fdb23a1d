/** Long work of the store lets others go on in between; when that is, is a port, so that a simulated machine can decide it. */

/** Resolves when others have had their turn. */
export type Pause = () => Promise<void>

/** After the callbacks that are due. */
export const nextTurn: Pause = () =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
