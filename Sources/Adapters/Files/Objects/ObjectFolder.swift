internal import Ports

/// The objects of the store, each a file named by the digest of its key: no key is too long, too
/// deep, or in the way of another. Methods block.
struct ObjectFolder: Sendable {
  let digest: any Digest
  private let objects: Folder
  /// Files in the making.
  private let scratch: Folder

  init(objects: Folder, scratch: Folder, digest: any Digest) {
    self.objects = objects
    self.scratch = scratch
    self.digest = digest
  }

  /// Writes the content that `pieces` hands over one by one and makes it visible.
  ///
  /// - Parameters:
  ///   - name: of the file in the making; unique.
  ///   - pieces: answers nil at the end.
  func store(
    _ header: ObjectHeader, ifAbsent: Bool, scratchName name: String,
    _ pieces: () throws(ObjectError) -> [UInt8]?
  ) throws(ObjectError) -> ObjectHeader {
    // Gone by then if it was given its name.
    defer { _ = try? scratch.remove(name) }
    let whole = try write(header, name, pieces)
    let place = ObjectPlace(of: header.key, digest)
    let target = try onDisk { () throws(FileFailure) in try objects.madeFolder(place.folder) }
    do throws(FileFailure) {
      if ifAbsent {
        try scratch.moveNew(name, to: target, as: place.file)
      } else {
        try scratch.move(name, to: target, as: place.file)
      }
    } catch {
      throw error.isTaken ? .conflict("\(header.key) is taken") : .unavailable(error.message)
    }
    do throws(FileFailure) {
      try target.sync()
    } catch {
      // The name is given and may or may not survive a crash.
      throw .outcomeUnknown
    }
    return whole
  }

  /// Reads the header; `body` then reads the content.
  func read<Answer>(
    _ key: String, _ body: (ObjectHeader, OpenFile) throws(ObjectError) -> Answer
  ) throws(ObjectError) -> Answer {
    let place = ObjectPlace(of: key, digest)
    let file: OpenFile
    do throws(FileFailure) {
      file = try objects.folder(place.folder).file(place.file)
    } catch {
      throw error.isAbsent ? .notFound : .unavailable(error.message)
    }
    let (start, size) = try onDisk { () throws(FileFailure) in
      (try file.bytes(0..<ObjectHeader.lengthMax), try file.size())
    }
    guard let header = ObjectHeader(decoding: start), header.key == key,
      size == header.length + header.size
    else { throw .conflict("the file of \(key) is damaged: restore it from a backup") }
    return try body(header, file)
  }

  func delete(_ key: String) throws(ObjectError) {
    let place = ObjectPlace(of: key, digest)
    do throws(FileFailure) {
      let folder = try objects.folder(place.folder)
      if try folder.remove(place.file) { try folder.sync() }
    } catch {
      guard error.isAbsent else { throw .unavailable(error.message) }
    }
  }

  /// Keys of the objects behind a place, from a look at no more than `limit` files.
  ///
  /// Files that do not say whose they are are passed over: one must not hide the others, and who
  /// reads its object is told.
  ///
  /// - Returns: also the place of the last file, unless there are surely no more.
  func keys(
    limit: Int, behind start: ObjectPlace?
  ) throws(ObjectError) -> (keys: [String], last: ObjectPlace?) {
    var keys: [String] = []
    var left = limit
    for name in ObjectPlace.folders where name >= (start?.folder ?? "") {
      let folder: Folder
      do throws(FileFailure) {
        folder = try objects.folder(name)
      } catch {
        guard error.isAbsent else { throw .unavailable(error.message) }
        continue
      }
      let behind = name == start?.folder ? start?.file ?? "" : ""
      let files = try onDisk { () throws(FileFailure) in
        try folder.names(behind: behind, limit: left)
      }
      var last: ObjectPlace?
      for file in files {
        let place = ObjectPlace(folder: name, file: file)
        if let key = try key(at: place, in: folder) { keys.append(key) }
        last = place
      }
      left -= files.count
      guard left > 0 else { return (keys, last) }
    }
    return (keys, nil)
  }

  /// Nil when there is no object whose place this is.
  private func key(at place: ObjectPlace, in folder: Folder) throws(ObjectError) -> String? {
    let start: [UInt8]
    do throws(FileFailure) {
      start = try folder.file(place.file).bytes(0..<ObjectHeader.lengthMax)
    } catch {
      guard error.isAbsent || error.isNoFile else { throw .unavailable(error.message) }
      return nil
    }
    guard let header = ObjectHeader(decoding: start),
      ObjectPlace(of: header.key, digest) == place
    else { return nil }
    return header.key
  }

  private func write(
    _ header: ObjectHeader, _ name: String, _ pieces: () throws(ObjectError) -> [UInt8]?
  ) throws(ObjectError) -> ObjectHeader {
    var header = header
    header.size = 0
    let stream = digest.begin()
    let file = try onDisk { () throws(FileFailure) in try scratch.newFile(name) }
    while let piece = try pieces() {
      let offset = header.length + header.size
      try onDisk { () throws(FileFailure) in try file.write(piece, at: offset) }
      stream.update(piece)
      header.size += Int64(piece.count)
    }
    header.digest = stream.finish()
    let start = header.encoded
    try onDisk { () throws(FileFailure) in
      try file.write(start, at: 0)
      try file.sync()
    }
    return header
  }
}
