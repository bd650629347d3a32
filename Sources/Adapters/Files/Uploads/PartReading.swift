internal import Ports

/// The content of an upload's parts in order, piece by piece.
struct PartReading {
  private static let pieceBytes: Int64 = 1 << 20

  private let folder: Folder
  private let parts: Int
  private let bytesMax: Int64
  private var number = 0
  private var part: OpenFile?
  private var offset: Int64 = 0
  private var total: Int64 = 0

  init(_ folder: Folder, parts: Int, bytesMax: Int64) {
    self.folder = folder
    self.parts = parts
    self.bytesMax = bytesMax
  }

  /// The next piece; nil after the last part.
  ///
  /// - Throws: `.refused` when a part is missing or all are too large together.
  mutating func next() throws(ObjectError) -> [UInt8]? {
    while true {
      if let piece = try pieceOfPart() { return piece }
      guard number < parts else { return nil }
      number += 1
      offset = 0
      do throws(FileFailure) {
        part = try folder.file("part-\(number)")
      } catch {
        throw error.isAbsent
          ? .refused("part \(number) of \(parts) has not come") : .unavailable(error.message)
      }
    }
  }

  /// More of the open part; nil when it has been read.
  private mutating func pieceOfPart() throws(ObjectError) -> [UInt8]? {
    guard let part else { return nil }
    let range = offset..<offset + PartReading.pieceBytes
    let piece = try onDisk { () throws(FileFailure) in try part.bytes(range) }
    offset += Int64(piece.count)
    total += Int64(piece.count)
    guard total <= bytesMax else {
      throw .refused("the parts have more than \(bytesMax) bytes together")
    }
    return piece.isEmpty ? nil : piece
  }
}
