/// Place and limits of an object store in a folder.
public struct FolderObjectStoreConfiguration: Hashable, Sendable {
  /// Made if need be. Nothing else may change what is in it.
  public var directory: String
  /// Bytes of one object.
  public var objectBytesMax: Int64 = 5 << 30
  /// Bytes that one call hands over or reads.
  public var callBytesMax: Int = 64 << 20
  /// Parts of one upload.
  public var partsMax: Int = 10_000
  /// Calls that read or write at once.
  public var threads: Int = 2
  /// Calls that may wait for a thread; more are refused as `.unavailable`.
  public var waitingMax: Int = 1_000
  /// After this, uploads that were neither completed nor aborted are removed by `sweep`, and what
  /// is left of interrupted writes.
  public var abandonedAfter: Duration = .seconds(24 * 3_600)

  public init(directory: String) {
    self.directory = directory
  }
}
