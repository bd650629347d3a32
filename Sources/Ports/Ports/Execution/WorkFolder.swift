public import Domain

/// A file in a folder, by its path below it.
public struct WorkFile: Hashable, Sendable {
  public var path: String
  public var size: Int64

  public init(path: String, size: Int64) {
    self.path = path
    self.size = size
  }
}

/// What went wrong in a folder, in words for who reads the log of the task.
public struct WorkFolderError: Error, Hashable, Sendable {
  public var message: String

  public init(_ message: String) {
    self.message = message
  }
}

/// The folder in which an attempt works. Nothing leads out of it: links are neither followed nor
/// listed. Used by one task at a time, and not while the work runs.
public protocol WorkFolder: Sendable {
  /// Plain files that the pattern takes, in the order of their paths by bytes; at most `filesMax`.
  /// Names that are not UTF-8 are passed over.
  func find(
    _ pattern: PathPattern, filesMax: Int
  ) async throws(WorkFolderError) -> (files: [WorkFile], isTruncated: Bool)

  /// Bytes of a file; fewer only when it ends before.
  func read(_ path: String, _ range: Range<Int64>) async throws(WorkFolderError) -> [UInt8]

  /// Writes at the end of what was written before; at 0 the file is made, with the folders above,
  /// and may be executed. A name that is taken is an error.
  func write(_ path: String, _ bytes: [UInt8], at offset: Int64) async throws(WorkFolderError)

  /// Removes the folder and all that is in it. More than once is fine.
  func remove() async
}
