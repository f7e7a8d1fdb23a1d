/** What code cites of the specification: chapters by their paths, sections in quotes behind them. */

export interface Citations {
  readonly chapters: readonly string[]
  readonly sections: readonly (readonly [chapter: string, section: string])[]
}

const CHAPTER = /\bspec\/[a-z0-9/-]+\.(?:md|cddl)\b/g
/** A chapter, a comma, and sections: "A", "A" and "B", "A", "B", and "C". */
const SECTIONS = /\b(spec\/[\w.-]+\.md), ("[^"]+"(?:(?:, and |, | and )"[^"]+")*)/g

/** Citations in a source. They may go on over the end of a comment's line. */
export function citationsIn(text: string): Citations {
  const flowing = text.replace(/\n[ \t]*(?:\*|\/\/)(?!\/) ?/g, ' ')
  const chapters = [...new Set([...flowing.matchAll(CHAPTER)].map(([chapter]) => chapter))]
  const sections = [...flowing.matchAll(SECTIONS)].flatMap(([, chapter = '', list = '']) =>
    [...list.matchAll(/"([^"]+)"/g)].map(([, section = '']) => [chapter, section] as const),
  )
  return { chapters, sections }
}

/** Headings of a chapter; another file of the specification has none. */
export function headingsOf(path: string, text: string): ReadonlySet<string> {
  if (!path.endsWith('.md')) return new Set()
  return new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.trim()))
}

/** What is cited and does not exist. Sections of a chapter that does not exist are not named again. */
export function citationFaults(
  { chapters, sections }: Citations,
  headings: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  return [
    ...chapters.filter((chapter) => !headings.has(chapter)),
    ...sections
      .filter(([chapter, section]) => headings.get(chapter)?.has(section) === false)
      .map(([chapter, section]) => `${chapter}, "${section}"`),
  ]
}
