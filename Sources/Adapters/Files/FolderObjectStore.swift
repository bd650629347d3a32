internal import Domain
public import Ports
internal import SystemAdapter

/// The object store in a folder. See `ObjectStore` for what it promises.
///
/// An object is one file, written beside its place, made durable and only then given its name, so
/// that a crash leaves the old object or the new one. Files are opened by name below folders that
/// are open already and never through symbolic links. The disk is waited for on threads of the
/// store. Several processes may share a folder. A cancelled call is carried out all the same.
public final class FolderObjectStore: ObjectStore {
  let configuration: FolderObjectStoreConfiguration
  let time: any Time
  private let objects: ObjectFolder
  private let uploads: UploadFolder
  private let scratch: Folder
  private let pool: BlockingPool
  private let randomness: any Randomness

  /// Opens the folder, making it if need be. Blocks for as long as that takes.
  ///
  /// - Throws: `.unavailable` that names the folder and what is wrong with it.
  public init(
    _ configuration: FolderObjectStoreConfiguration, digest: any Digest, time: any Time,
    randomness: any Randomness
  ) throws(ObjectError) {
    self.configuration = configuration
    self.time = time
    self.randomness = randomness
    let folders = try onDisk { () throws(FileFailure) -> [Folder] in
      let root = try Folder(path: configuration.directory)
      return [
        try root.madeFolder("scratch"), try root.madeFolder("objects"),
        try root.madeFolder("uploads"),
      ]
    }
    scratch = folders[0]
    objects = ObjectFolder(objects: folders[1], scratch: folders[0], digest: digest)
    uploads = UploadFolder(
      folders[2], objects, objectBytesMax: configuration.objectBytesMax,
      partsMax: configuration.partsMax)
    pool = BlockingPool(
      name: "files", threads: max(1, configuration.threads),
      waitingMax: configuration.waitingMax)
  }

  /// Refuses new calls and returns once the accepted ones have ended.
  public func close() async { await pool.end() }

  /// Closes the store and removes all that is in it, and its folder. For stores that go with their
  /// process; what cannot be removed stays.
  public func closeAndRemove() async {
    let directory = configuration.directory
    await pool.end { Folder.removeTree(directory) }
  }

  /// Removes the folder of a store that nobody has open. Blocks; what cannot be removed stays.
  public static func removeFolder(_ directory: String) {
    Folder.removeTree(directory)
  }

  @discardableResult
  public func put(
    _ key: String, _ bytes: [UInt8], contentType: String, ifAbsent: Bool
  ) async throws(ObjectError) -> ObjectSummary {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    try checkLength(bytes.count)
    let header = ObjectHeader(key: key, contentType: contentType)
    let (objects, name) = (objects, newID())
    return summary(
      try await onThread { () throws(ObjectError) in
        var piece: [UInt8]? = bytes
        return try objects.store(header, ifAbsent: ifAbsent, scratchName: name) {
          () throws(ObjectError) in
          defer { piece = nil }
          return piece
        }
      })
  }

  public func get(_ key: String, _ range: Range<Int64>?) async throws(ObjectError) -> [UInt8] {
    try await read(key, range) { (_) throws(ObjectError) in }
  }

  /// Contents of one digest are one version: their bytes are the same.
  public func get(
    _ found: FoundObject, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8] {
    let digest = objects.digest
    return try await read(found.key, range) { (header) throws(ObjectError) in
      guard digest.hexadecimal(digest: header.digest) == found.version else { throw .notFound }
    }
  }

  public func look(_ key: String) async throws(ObjectError) -> FoundObject {
    try ObjectKey.check(key)
    let objects = objects
    let header = try await onThread { () throws(ObjectError) in
      try objects.read(key) { (header, _) throws(ObjectError) in header }
    }
    let summary = self.summary(header)
    return FoundObject(key: key, summary: summary, version: summary.digest)
  }

  private func read(
    _ key: String, _ range: Range<Int64>?,
    _ check: @escaping @Sendable (ObjectHeader) throws(ObjectError) -> Void
  ) async throws(ObjectError) -> [UInt8] {
    try ObjectKey.check(key)
    let (objects, lengthMax) = (objects, Int64(configuration.callBytesMax))
    return try await onThread { () throws(ObjectError) in
      try objects.read(key) { (header, file) throws(ObjectError) in
        try check(header)
        let wanted = try header.wanted(range, lengthMax)
        let bytes = try onDisk { () throws(FileFailure) in
          try file.bytes(
            wanted.lowerBound + header.length..<wanted.upperBound + header.length)
        }
        guard bytes.count == wanted.count,
          range != nil || objects.digest.digest(bytes) == header.digest
        else { throw .conflict("the content of \(key) is damaged: restore it from a backup") }
        return bytes
      }
    }
  }

  public func delete(_ key: String) async throws(ObjectError) {
    try ObjectKey.check(key)
    let objects = objects
    try await onThread { () throws(ObjectError) in try objects.delete(key) }
  }

  public func keys(
    limit: Int, cursor: String?
  ) async throws(ObjectError) -> (keys: [String], next: String?) {
    try ObjectKey.check(limit: limit)
    let start = try cursor.map { text throws(ObjectError) in try ObjectPlace(cursor: text) }
    let objects = objects
    let page = try await onThread { () throws(ObjectError) in
      try objects.keys(limit: limit, behind: start)
    }
    return (page.keys, page.last?.cursor)
  }

  public func startUpload(
    _ key: String, contentType: String
  ) async throws(ObjectError) -> String {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    let (uploads, upload) = (uploads, newID())
    let header = ObjectHeader(key: key, contentType: contentType)
    try await onThread { () throws(ObjectError) in try uploads.start(upload, header) }
    return upload
  }

  public func putPart(
    upload: String, number: Int, _ bytes: [UInt8]
  ) async throws(ObjectError) {
    try checkLength(bytes.count)
    let (uploads, name) = (uploads, newID())
    try await onThread { () throws(ObjectError) in
      try uploads.put(upload, number: number, bytes, scratchName: name)
    }
  }

  public func completeUpload(
    _ upload: String, parts: Int
  ) async throws(ObjectError) -> ObjectSummary {
    let (uploads, name) = (uploads, newID())
    return summary(
      try await onThread { () throws(ObjectError) in
        try uploads.complete(upload, parts: parts, scratchName: name)
      })
  }

  public func abortUpload(_ upload: String) async throws(ObjectError) {
    let uploads = uploads
    try await onThread { () throws(ObjectError) in try uploads.abort(upload) }
  }

  /// Removes uploads that nothing has happened to for `abandonedAfter`, and what interrupted writes
  /// have left. For a task that runs now and then.
  ///
  /// - Returns: how many were removed.
  @discardableResult
  public func sweep() async throws(ObjectError) -> Int {
    let moment = time.now() - configuration.abandonedAfter
    let second = Int(moment.microseconds / 1_000_000)
    let (uploads, scratch) = (uploads, scratch)
    return try await onThread { () throws(ObjectError) in
      let removed = try uploads.removeAbandoned(before: second)
      let left = try onDisk { () throws(FileFailure) in
        try scratch.entries().filter { $0.changedAt < second }
      }
      for entry in left {
        try onDisk { () throws(FileFailure) in _ = try scratch.remove(entry.name) }
      }
      return removed + left.count
    }
  }

  /// Sweeps now and then until the task is cancelled.
  public func runSweeping(every pause: Duration = .seconds(3_600), _ telemetry: any Telemetry) async
  {
    while !Task.isCancelled {
      do throws(ObjectError) {
        try await sweep()
      } catch {
        telemetry.log(.warning, "objects.not-swept", [("error", "\(error)")])
      }
      try? await time.sleep(for: pause)
    }
  }

  private func checkLength(_ count: Int) throws(ObjectError) {
    guard count <= configuration.callBytesMax, Int64(count) <= configuration.objectBytesMax
    else {
      throw .refused(
        "one call stores at most \(configuration.callBytesMax) bytes, not \(count): upload it in "
          + "parts")
    }
  }

  private func summary(_ header: ObjectHeader) -> ObjectSummary {
    ObjectSummary(
      size: header.size, digest: objects.digest.hexadecimal(digest: header.digest),
      contentType: header.contentType)
  }

  private func onThread<Answer: Sendable>(
    _ body: @escaping @Sendable () throws(ObjectError) -> Answer
  ) async throws(ObjectError) -> Answer {
    let result: Result<Answer, ObjectError>
    do throws(BlockingPool.Refusal) {
      result = try await pool.run { () -> Result<Answer, ObjectError> in
        do throws(ObjectError) {
          return .success(try body())
        } catch {
          return .failure(error)
        }
      }
    } catch {
      switch error {
      case .full:
        throw .unavailable("too many calls wait for the disk: slow down and try again")
      case .stopped: throw .unavailable("the object store is closed")
      }
    }
    return try result.get()
  }

  /// 32 hexadecimal digits that were never given before.
  private func newID() -> String {
    let halves = [randomness.next(), randomness.next()]
    return halves.map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

extension ObjectHeader {
  /// The part of the content that a range names.
  fileprivate func wanted(
    _ range: Range<Int64>?, _ lengthMax: Int64
  ) throws(ObjectError) -> Range<Int64> {
    guard let range else {
      guard size <= lengthMax else {
        throw .refused("\(key) has \(size) bytes: read it in ranges of at most \(lengthMax)")
      }
      return 0..<size
    }
    guard range.lowerBound >= 0, range.lowerBound <= size else {
      throw .refused("\(key) has \(size) bytes; the range begins at \(range.lowerBound)")
    }
    let end = min(range.upperBound, size)
    guard end - range.lowerBound <= lengthMax else {
      throw .refused("one call reads at most \(lengthMax) bytes of \(key)")
    }
    return range.lowerBound..<end
  }
}
