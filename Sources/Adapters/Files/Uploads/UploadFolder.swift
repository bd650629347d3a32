internal import Ports

/// Uploads in parts. Each is a folder: `meta` says what it will be, `part-N` are the parts, `done`
/// says what became of it. Methods block.
struct UploadFolder: Sendable {
  private let uploads: Folder
  private let objects: ObjectFolder
  private let objectBytesMax: Int64
  private let partsMax: Int

  init(_ uploads: Folder, _ objects: ObjectFolder, objectBytesMax: Int64, partsMax: Int) {
    self.uploads = uploads
    self.objects = objects
    self.objectBytesMax = objectBytesMax
    self.partsMax = partsMax
  }

  func start(_ upload: String, _ header: ObjectHeader) throws(ObjectError) {
    try onDisk { () throws(FileFailure) in
      let folder = try uploads.madeFolder(upload)
      try write(header.encoded, as: "meta", in: folder, scratchName: "new-meta")
    }
  }

  /// - Parameter scratchName: unique, so that repeated parts do not meet.
  func put(
    _ upload: String, number: Int, _ bytes: [UInt8], scratchName: String
  ) throws(ObjectError) {
    guard (1...partsMax).contains(number) else {
      throw .refused("parts are numbered from 1 to \(partsMax), not \(number)")
    }
    let folder = try folder(of: upload)
    if try header("done", in: folder) != nil {
      throw .refused("the upload \(upload) is complete")
    }
    try onDisk { () throws(FileFailure) in
      try write(bytes, as: "part-\(number)", in: folder, scratchName: scratchName)
    }
  }

  func complete(
    _ upload: String, parts: Int, scratchName: String
  ) throws(ObjectError) -> ObjectHeader {
    guard (1...partsMax).contains(parts) else {
      throw .refused("an upload has 1 to \(partsMax) parts, not \(parts)")
    }
    let folder = try folder(of: upload)
    if let done = try header("done", in: folder) { return done }
    guard let meta = try header("meta", in: folder) else { throw .notFound }
    let header: ObjectHeader
    do throws(ObjectError) {
      var reading = PartReading(folder, parts: parts, bytesMax: objectBytesMax)
      header = try objects.store(meta, ifAbsent: false, scratchName: scratchName) {
        () throws(ObjectError) in
        try reading.next()
      }
    } catch {
      // Another call may have completed it and removed the parts under our hands.
      if let done = try self.header("done", in: folder) { return done }
      throw error
    }
    do throws(FileFailure) {
      try write(header.encoded, as: "done", in: folder, scratchName: scratchName)
    } catch {
      // The object is visible and the upload is not closed: completing again makes it the same.
      throw .outcomeUnknown
    }
    removeParts(of: folder)
    return header
  }

  func abort(_ upload: String) throws(ObjectError) {
    let folder: Folder
    do throws(ObjectError) {
      folder = try self.folder(of: upload)
    } catch {
      if error == .notFound { return }
      throw error
    }
    if try header("done", in: folder) != nil { return }
    try remove(upload, folder)
  }

  /// Removes uploads that last changed before the second, complete or not.
  func removeAbandoned(before second: Int) throws(ObjectError) -> Int {
    var removed = 0
    let entries = try onDisk { () throws(FileFailure) in try uploads.entries() }
    for entry in entries where entry.changedAt < second {
      let folder = try onDisk { () throws(FileFailure) in try uploads.folder(entry.name) }
      try remove(entry.name, folder)
      removed += 1
    }
    return removed
  }

  private func remove(_ upload: String, _ folder: Folder) throws(ObjectError) {
    try onDisk { () throws(FileFailure) in
      // First what makes it an upload: half a removal must not look like one.
      try folder.remove("meta")
      for entry in try folder.entries() { try folder.remove(entry.name) }
      try uploads.removeFolder(upload)
      try uploads.sync()
    }
  }

  private func removeParts(of folder: Folder) {
    // What stays is removed with the upload once it is old.
    guard let entries = try? folder.entries() else { return }
    for entry in entries where entry.name.hasPrefix("part-") {
      _ = try? folder.remove(entry.name)
    }
  }

  private func folder(of upload: String) throws(ObjectError) -> Folder {
    let isID =
      upload.utf8.count == 32
      && upload.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
    guard isID else { throw .notFound }
    do throws(FileFailure) {
      return try uploads.folder(upload)
    } catch {
      throw error.isAbsent ? .notFound : .unavailable(error.message)
    }
  }

  /// Nil when there is no such file.
  private func header(_ name: String, in folder: Folder) throws(ObjectError) -> ObjectHeader? {
    let bytes: [UInt8]
    do throws(FileFailure) {
      bytes = try folder.file(name).bytes(0..<ObjectHeader.lengthMax)
    } catch {
      if error.isAbsent { return nil }
      throw .unavailable(error.message)
    }
    guard let header = ObjectHeader(decoding: bytes) else {
      throw .conflict("the file \(name) of the upload is damaged: abort it and start anew")
    }
    return header
  }

  /// A file that is there whole or not at all.
  private func write(
    _ bytes: [UInt8], as name: String, in folder: Folder, scratchName: String
  ) throws(FileFailure) {
    defer { _ = try? folder.remove(scratchName) }
    let file = try folder.newFile(scratchName)
    try file.write(bytes, at: 0)
    try file.sync()
    try folder.move(scratchName, to: folder, as: name)
    try folder.sync()
  }
}
