/** The vectors of strict URLs (spec/13-adapters.md, "Vectors"). */
import { readFileSync } from 'node:fs'

interface AcceptedUrl {
  readonly name: string
  readonly url: string
  readonly scheme: string
  readonly host: string
  readonly port: number
  readonly path: string
}

interface RefusedUrl {
  readonly name: string
  readonly url: string
  readonly code: string
}

// The form that the specification gives them.
const vectors = JSON.parse(readFileSync(new URL('../../spec/vectors/adapters/urls.json', import.meta.url), 'utf8')) as {
  readonly accepted: readonly AcceptedUrl[]
  readonly refused: readonly RefusedUrl[]
}

export const ACCEPTED_URLS: readonly AcceptedUrl[] = vectors.accepted

export const REFUSED_URLS: readonly RefusedUrl[] = vectors.refused
