import { bytesOfText } from '@aos/sdk'
import { defineReducer } from './generated'
import type { Change, LibraryState, Note, Output } from './generated'

/** Reads notes in Markdown: `# title`, `#tag`, `[[slug of another note]]`. The plan keeps them, and the page of contents. */
export const reducer = defineReducer((state, event, out) => {
  const library = state ?? { notes: new Map<string, Note>(), saving: null, queue: [], version: 0n, index: null }
  switch (event.$tag) {
    case 'Write': {
      const { slug, text } = event.$value
      // It becomes part of a path. What throws changes nothing, and the entry says why.
      if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(slug)) throw new Error(`no name for a note: ${slug}`)
      library.notes.set(slug, readNote(slug, text))
      return change(library, { slug, text }, out)
    }
    case 'Remove': {
      const { slug } = event.$value
      return library.notes.delete(slug) ? change(library, { slug, text: null }, out) : library
    }
    case 'Saved':
      library.version = event.$value.version
      library.index = event.$value.index
      return next(library, out)
    case 'Refused':
      return next(library, out)
  }
})

function change(library: LibraryState, wanted: Change, out: Output): LibraryState {
  library.queue.push(wanted)
  return library.saving === null ? next(library, out) : library
}

/** Has the plan write what waits longest. */
function next(library: LibraryState, out: Output): LibraryState {
  const wanted = library.queue.shift() ?? null
  library.saving = wanted
  if (wanted !== null) {
    const content = wanted.text === null ? null : bytesOfText(wanted.text)
    out.raise('demo/SaveRequested@1', { slug: wanted.slug, content, index: bytesOfText(contents(library.notes)) })
  }
  return library
}

function readNote(slug: string, text: string): Note {
  return {
    title: /^# +(.+)$/m.exec(text)?.[1]?.trim() ?? slug,
    tags: distinct(text.matchAll(/(?<=^|\s)#([\p{L}\d-]+)/gu)),
    links: distinct(text.matchAll(/\[\[([a-z0-9-]+)\]\]/g)),
  }
}

function distinct(found: Iterable<RegExpMatchArray>): string[] {
  return [...new Set([...found].map(([, word = '']) => word))].sort()
}

/** Every note with its tags, and who names it. */
function contents(notes: LibraryState['notes']): string {
  const sorted = [...notes].sort(([left], [right]) => (left < right ? -1 : 1))
  const lines = sorted.map(([slug, { title, tags }]) => {
    const from = sorted.filter(([, { links }]) => links.includes(slug)).map(([other]) => other)
    const marks = tags.map((tag) => ` #${tag}`).join('')
    return `- [${title}](notes/${slug}.md)${marks}${from.length === 0 ? '' : ` (from ${from.join(', ')})`}\n`
  })
  return `# Contents\n\n${lines.join('')}`
}
