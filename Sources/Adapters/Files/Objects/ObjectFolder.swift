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
    let (folder, file) = place(of: header.key)
    let target = try onDisk { () throws(FileFailure) in try objects.madeFolder(folder) }
    do throws(FileFailure) {
      if ifAbsent {
        try scratch.moveNew(name, to: target, as: file)
      } else {
        try scratch.move(name, to: target, as: file)
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
    let (folder, name) = place(of: key)
    let file: OpenFile
    do throws(FileFailure) {
      file = try objects.folder(folder).file(name)
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
    let (folder, name) = place(of: key)
    do throws(FileFailure) {
      let place = try objects.folder(folder)
      if try place.remove(name) { try place.sync() }
    } catch {
      guard error.isAbsent else { throw .unavailable(error.message) }
    }
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

  /// Two hexadecimal digits and the rest: no folder grows without end.
  private func place(of key: String) -> (folder: String, file: String) {
    let name = digest.hexadecimal(of: [UInt8](key.utf8))
    return (String(name.prefix(2)), String(name.dropFirst(2)))
  }
}
