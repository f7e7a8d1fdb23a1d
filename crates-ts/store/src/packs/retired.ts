/**
 * Names of files that a sweep is about to remove (spec/07-journal.md, "Sweeping"): `<name>.<mark of the opening>.gone`. Only who gave
 * such a name removes it; an opening that finds one gives the file its name back.
 */

export const RETIRED_ENDING = '.gone'

/** The name of a retired file. */
export const RETIRED: RegExp = /^.+\.[0-9a-f]+\.gone$/

/** The name that a retired file had. */
export function originalOf(name: string): string {
  return name.replace(/\.[0-9a-f]+\.gone$/, '')
}

/** The retired file of a name, when there is one. */
export function findRetired(names: readonly string[], original: string): string | undefined {
  return names.find((name) => RETIRED.test(name) && originalOf(name) === original)
}
