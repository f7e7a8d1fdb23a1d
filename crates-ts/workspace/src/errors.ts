/** Codes of workspaces (spec/08-errors.md). They stand in receipts, so they are journaled and never change. */
import { AosError } from '@aos/cbor'
import type { AosErrorOptions } from '@aos/cbor'

/** What each code means (spec/19-workspaces.md, "Effects"). */
export const WORKSPACE_ERRORS = {
  'workspace.bad_name':
    'the name of a workspace is empty, too long, `.` or `..`, or has a character other than A-Z a-z 0-9 . _ ~ -',
  'workspace.bad_path': 'a path is empty or too long, begins or ends with a slash, or has a segment that is no name',
  'workspace.bad_mode': 'the mode of a file is neither 0o644 nor 0o755',
  'workspace.bad_scope': 'the scope of a listing is neither dir nor subtree',
  'workspace.bad_range': 'a range ends before it begins, or behind the end of the file',
  'workspace.bad_node': 'bytes are no tree or no annotations in their one form',
  'workspace.bad_history': 'the state of a workspace is no history',
  'workspace.unknown_tree': 'the world has no tree of that hash',
  'workspace.unknown_blob': 'the world has no content of that hash',
  'workspace.not_found': 'nothing stands at the path',
  'workspace.not_a_directory': 'a file stands where the path needs a directory',
  'workspace.is_directory': 'a directory stands where a file was expected',
  'workspace.not_empty': 'the directory still holds something',
  'workspace.edit_twice': 'two edits of one batch say different things about one path',
  'workspace.too_large': 'a tree or an answer is over its limit',
  'workspace.bad_ref': 'a reference is not of the form NAME[@VERSION][/PATH]',
} as const

/** Codes of this package. */
export type WorkspaceErrorCode = keyof typeof WORKSPACE_ERRORS

/** An error with a code of this package, so that another does not compile. */
export function workspaceError(code: WorkspaceErrorCode, message: string, options: AosErrorOptions = {}): AosError {
  return new AosError(code, message, options)
}
