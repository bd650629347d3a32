public enum ObjectError: Error, Hashable, Sendable {
  case notFound
  /// `put` with `.ifAbsent` found an object, or a checksum did not match.
  case conflict(String)
  /// Carried out, not carried out, or carried out up to some seconds later: `head` tells what is
  /// there now. Repeating a write whose content cannot change settles it.
  case outcomeUnknown
  /// Surely not carried out; try later. A read that was cut is this, too.
  case unavailable(String)
  /// Bad key, too large.
  case refused(String)
}

/// What is known of an object without reading it.
public struct ObjectSummary: Hashable, Sendable {
  public var size: Int64
  /// SHA-256 in lower-case hexadecimal.
  public var digest: String
  public var contentType: String

  public init(size: Int64, digest: String, contentType: String) {
    self.size = size
    self.digest = digest
    self.contentType = contentType
  }
}

/// One version of the object at a key: what `look` found there.
public struct FoundObject: Hashable, Sendable {
  public var key: String
  public var summary: ObjectSummary
  /// By what its backend tells this version from others; says nothing to anybody else.
  public var version: String

  public init(key: String, summary: ObjectSummary, version: String) {
    self.key = key
    self.summary = summary
    self.version = version
  }
}

/// Objects by key: written whole, read whole or in ranges, never changed in place.
///
/// A key is 1 to 512 bytes of `a-z A-Z 0-9 . _ - /`, without empty, `.` or `..` segments. An object
/// is visible only when it is complete and durable; a reader sees one version or the other. The
/// last `put` to a key wins. What writes in doubt leave behind can come after a later write or
/// delete: keys that are never used twice are safe from that.
///
/// A cancelled write is carried out all the same or is `.outcomeUnknown`; a cancelled read may be
/// `.unavailable`.
public protocol ObjectStore: Sendable {
  /// - Parameter ifAbsent: refuse with `.conflict` when the key is taken.
  func put(
    _ key: String, _ bytes: [UInt8], contentType: String, ifAbsent: Bool
  ) async throws(ObjectError) -> ObjectSummary

  /// Bytes of a range; nil means the whole object, whose checksum is then verified: `.conflict`
  /// when it is damaged. Nothing vouches for the bytes of a range: who reads an object in ranges
  /// compares the digest of the whole. A range that starts beyond the end is `.refused`; one that
  /// starts at the end is empty; one that ends beyond it is cut. Backends limit how much one call
  /// may read: larger objects are read in ranges.
  func get(_ key: String, _ range: Range<Int64>?) async throws(ObjectError) -> [UInt8]

  /// What is at a key now. Ranges of it can then be read without looking again.
  func look(_ key: String) async throws(ObjectError) -> FoundObject

  /// Bytes of a range of this version and of no other; otherwise as ranges by key are.
  ///
  /// - Throws: `.notFound` when this version is not there any more. One that was replaced may be
  ///   readable for a while. The same content that is put again may count as another version.
  func get(
    _ found: FoundObject, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8]

  /// Absent keys are fine.
  func delete(_ key: String) async throws(ObjectError)

  /// Keys of objects, page by page, in any order. `cursor` is opaque: nil, and then what the page
  /// before said.
  ///
  /// A page may be short, even empty, while `next` says that more may follow. An object that is
  /// there from the first page to the last is listed, and listed once; one that comes or goes
  /// meanwhile may be. Uploads that were not completed are no objects. A damaged object may be left
  /// out. A cursor that no page gave out may be `.refused`.
  ///
  /// - Parameter limit: 1 to `ObjectKey.pageMax`; others are `.refused`.
  func keys(
    limit: Int, cursor: String?
  ) async throws(ObjectError) -> (keys: [String], next: String?)

  /// Starts an upload in parts; parts are numbered from 1, may come in any order and be repeated.
  func startUpload(_ key: String, contentType: String) async throws(ObjectError) -> String

  /// - Throws: `.notFound` when there is no such upload, `.refused` when it is complete.
  func putPart(upload: String, number: Int, _ bytes: [UInt8]) async throws(ObjectError)

  /// Makes the object of parts 1…`parts` visible; an upload that was completed answers the same
  /// again. A part that is missing is `.refused`, and the upload stays as it is.
  func completeUpload(_ upload: String, parts: Int) async throws(ObjectError) -> ObjectSummary

  /// Forgets the parts. Unknown uploads are fine; the object of a completed one stays.
  func abortUpload(_ upload: String) async throws(ObjectError)
}

extension ObjectStore {
  /// What is known of the object at a key.
  public func head(_ key: String) async throws(ObjectError) -> ObjectSummary {
    try await look(key).summary
  }
}
