/** Bounds of trees and of answers about them (spec/19-workspaces.md, "Limits"). They decide outcomes, so they are part of the engine digest. */
export const WORKSPACE_LIMITS = {
  /** Characters of the name of a workspace, which are one byte each. */
  workspaceNameLengthMax: 255,
  /** Characters of one segment of a path. */
  treeSegmentLengthMax: 1024,
  /** Characters of a path. */
  treePathLengthMax: 4096,
  /** Segments of a path. */
  treePathDepthMax: 128,
  /** Bytes of one node: of a directory, or of the annotations of one path. */
  treeNodeBytesMax: 16_777_216,
  /** Bytes that one answer may have, counted as laid down there. */
  treeAnswerBytesMax: 4_194_304,
} as const
