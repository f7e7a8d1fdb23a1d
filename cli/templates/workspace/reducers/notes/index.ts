import { Note, NoteEvent, NotePhase, Output, SaveRequested, Some } from './generated'

/** One note: the cell of its name. Its text goes to the workspace; the cell says whether it is there. */
export function reduce(state: Note | null, event: NoteEvent, out: Output): Note | null {
  if (event.isWrite) {
    const write = event.asWrite
    const content = Uint8Array.wrap(String.UTF8.encode(write.text))
    const save = new SaveRequested()
    save.note = write.note
    save.content = content
    out.raise<SaveRequested>(save)
    const next = state === null ? new Note(NotePhase.Saving()) : state
    next.phase = NotePhase.Saving()
    next.error = null
    return next
  }
  if (state === null) return null
  if (event.isSaved) {
    state.phase = NotePhase.Saved()
    state.version = new Some<u64>(event.asSaved.version)
    return state
  }
  state.phase = NotePhase.Failed()
  state.error = event.asFailed.error
  return state
}
