/** Where in the author's files something was made, so that what is found wrong with it later has a file and a line. */

/** A trace of calls as the engine writes it, its own frames included. */
export type Place = string

/** Of the code that called the builder. Cheap: nothing reads it unless something is wrong. */
export function placeHere(): Place {
  return new Error().stack ?? ''
}
