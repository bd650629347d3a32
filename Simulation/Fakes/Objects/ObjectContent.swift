internal import Domain
internal import Ports

/// What a fake object store holds, and the rules by which it changes. Nothing goes wrong here.
struct ObjectContent {
  struct Stored {
    var bytes: [UInt8]
    var summary: ObjectSummary
    /// Another one for each write, of the same content too.
    var version: Int
  }

  struct Upload {
    var key: String
    var contentType: String
    var parts: SortedMap<Int, [UInt8]> = [:]
    /// What it became; its parts are gone then.
    var completed: ObjectSummary?
  }

  static let callBytesMax = 64 << 20
  static let objectBytesMax = 256 << 20
  static let partsMax = 10_000
  /// What cursors begin with; the key of which they are behind follows.
  private static let cursorStart = "behind:"

  let digest: any Digest
  var objects: SortedMap<String, Stored> = [:]
  var uploads: SortedMap<String, Upload> = [:]
  private var versions = 0

  init(digest: any Digest) {
    self.digest = digest
  }

  mutating func put(
    _ key: String, _ bytes: [UInt8], contentType: String, ifAbsent: Bool
  ) throws(ObjectError) -> ObjectSummary {
    guard !ifAbsent || objects[key] == nil else { throw .conflict("\(key) is taken") }
    let summary = ObjectSummary(
      size: Int64(bytes.count), digest: digest.hexadecimal(of: bytes), contentType: contentType)
    versions += 1
    objects[key] = Stored(bytes: bytes, summary: summary, version: versions)
    return summary
  }

  func look(_ key: String) throws(ObjectError) -> FoundObject {
    guard let stored = objects[key] else { throw .notFound }
    return FoundObject(key: key, summary: stored.summary, version: "\(stored.version)")
  }

  func get(_ found: FoundObject, _ range: Range<Int64>) throws(ObjectError) -> [UInt8] {
    guard let stored = objects[found.key], "\(stored.version)" == found.version else {
      throw .notFound
    }
    return try get(found.key, range)
  }

  func get(_ key: String, _ range: Range<Int64>?) throws(ObjectError) -> [UInt8] {
    guard let stored = objects[key] else { throw .notFound }
    guard let range else {
      guard stored.bytes.count <= Self.callBytesMax else {
        throw .refused("\(key) has \(stored.bytes.count) bytes: read it in ranges")
      }
      guard digest.hexadecimal(of: stored.bytes) == stored.summary.digest else {
        throw .conflict("the content of \(key) is damaged")
      }
      return stored.bytes
    }
    let size = Int64(stored.bytes.count)
    guard (0...size).contains(range.lowerBound) else {
      throw .refused("\(key) has \(size) bytes; the range begins at \(range.lowerBound)")
    }
    let wanted = range.lowerBound..<min(range.upperBound, size)
    guard wanted.count <= Self.callBytesMax else {
      throw .refused("one call reads at most \(Self.callBytesMax) bytes of \(key)")
    }
    return Array(stored.bytes[Int(wanted.lowerBound)..<Int(wanted.upperBound)])
  }

  /// Keys in their order, those behind the one that the cursor names. There is a next page unless
  /// this one could have held more.
  func keys(
    limit: Int, cursor: String?
  ) throws(ObjectError) -> (keys: [String], next: String?) {
    var first = 0
    if let cursor {
      guard cursor.hasPrefix(Self.cursorStart) else {
        throw .refused("the cursor \(cursor) is of no page: list from the beginning")
      }
      let key = String(cursor.dropFirst(Self.cursorStart.count))
      first = objects.lowerBound(of: key) + (objects[key] == nil ? 0 : 1)
    }
    let page = Array(objects.keys.dropFirst(first).prefix(limit))
    guard page.count == limit else { return (page, nil) }
    return (page, page.last.map { Self.cursorStart + $0 } ?? cursor ?? Self.cursorStart)
  }

  mutating func putPart(
    _ upload: String, number: Int, _ bytes: [UInt8]
  ) throws(ObjectError) {
    guard let known = uploads[upload] else { throw .notFound }
    guard known.completed == nil else { throw .refused("the upload \(upload) is complete") }
    uploads[upload]?.parts[number] = bytes
  }

  mutating func complete(_ upload: String, parts: Int) throws(ObjectError) -> ObjectSummary {
    guard let known = uploads[upload] else { throw .notFound }
    if let completed = known.completed { return completed }
    var bytes: [UInt8] = []
    for number in 1...parts {
      guard let part = known.parts[number] else {
        throw .refused("part \(number) of \(parts) has not come")
      }
      bytes += part
      guard bytes.count <= Self.objectBytesMax else {
        throw .refused("the parts have more than \(Self.objectBytesMax) bytes together")
      }
    }
    let summary = try put(
      known.key, bytes, contentType: known.contentType, ifAbsent: false)
    uploads[upload]?.completed = summary
    uploads[upload]?.parts = [:]
    return summary
  }

  mutating func abort(_ upload: String) {
    guard uploads[upload]?.completed == nil else { return }
    uploads.removeValue(for: upload)
  }
}
