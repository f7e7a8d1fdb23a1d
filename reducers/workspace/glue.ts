/** The export of the ABI. Written by hand, because the state is not read whole. */
import { Output, closeBytes, closeOutput, openBytes, openContext, openEvent, openInput, writeNull } from '@aos/sdk'
import { openWriter, writeWord } from '@aos/sdk/writer'
import { ReducerContext, WorkspaceCommit, WorkspaceCommitResult } from './generated'
import { readHistory } from './history'
import { judge } from './index'
export { alloc } from '@aos/sdk'

export function step(target: usize, pointer: usize, size: usize): void {
  openInput(pointer, size)
  openEvent()
  const commit = WorkspaceCommit.decode()
  openContext()
  const context = ReducerContext.decode()
  const history = readHistory(pointer, size)
  const result = judge(commit, history.latest, context)
  const out = new Output()
  out.raise<WorkspaceCommitResult>(result)
  // What `openOutput` does, with room for all of it: a stretch that grows leaves the smaller ones behind.
  openWriter(history.size + ROOM)
  writeWord(0x657461747365a4, 7) // a map of 4, "state"
  if (result.head == 0) {
    writeNull()
  } else {
    const mark = openBytes()
    history.encode(result.committed ? commit.meta : null)
    closeBytes(mark)
  }
  out.encode()
  closeOutput(target)
}

/** More than a version, a result and the envelope take. */
const ROOM: usize = 65536
