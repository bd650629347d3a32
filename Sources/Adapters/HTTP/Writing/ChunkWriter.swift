/// Frames pieces of a chunked body.
enum ChunkWriter {
  static let end = [UInt8]("0\r\n\r\n".utf8)

  /// - Parameter bytes: not empty, since an empty chunk is the end.
  static func frame(_ bytes: [UInt8]) -> [UInt8] {
    var chunk: [UInt8] = []
    chunk.reserveCapacity(bytes.count + 20)
    chunk += String(bytes.count, radix: 16).utf8
    chunk += "\r\n".utf8
    chunk += bytes
    chunk += "\r\n".utf8
    return chunk
  }
}
