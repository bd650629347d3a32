/// Limits and place of an embedded store. Validated by being opened; nothing changes later.
public struct SQLiteConfiguration: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    /// The file `millrace.db` in this directory, which is made if need be.
    case directory(String)
    /// Gone with the process.
    case memory
  }

  public var place: Place
  /// Writes that may wait for the writer; more are refused as `.unavailable`.
  public var waitingWritesMax: Int = 8_192
  /// Bytes of the writes that may wait.
  public var waitingBytesMax: Int = 256 << 20
  /// Reads that may wait.
  public var waitingReadsMax: Int = 16_384
  /// Writes that one COMMIT carries.
  public var groupWritesMax: Int = 512
  /// Bytes that one COMMIT carries.
  public var groupBytesMax: Int = 32 << 20
  /// Page cache of each connection.
  public var cacheBytesMax: Int = 16 << 20
  /// Pages of the write-ahead log after which it is folded into the file.
  public var checkpointPages: Int = 4_000
  /// Upper limit of the file, in pages of 4 KiB. Writes beyond it fail like those on a full disk.
  public var pagesMax: Int = 4_294_967_294
  /// Files up to this size are checked for damage when they are opened.
  public var checkedBytesMax: Int64 = 512 << 20
  /// How long opening waits for another process to give the directory up.
  public var lockWait: Duration = .seconds(5)
  /// How long a write waits for another program that holds the file, such as `sqlite3`.
  public var busyWait: Duration = .seconds(2)

  public init(_ place: Place) {
    self.place = place
  }
}
