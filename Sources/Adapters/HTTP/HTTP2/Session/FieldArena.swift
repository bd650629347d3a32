internal import CNghttp2
internal import Ports

/// Fields laid out as nghttp2 takes them: one block of bytes, and pointers into it that are valid
/// for one call.
struct FieldArena {
  private var bytes: [UInt8] = []
  private var lengths: [(name: Int, value: Int)] = []

  init() {
    bytes.reserveCapacity(256)
    lengths.reserveCapacity(8)
  }

  mutating func append(_ name: StaticString, _ value: some Collection<UInt8>) {
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: value)
    lengths.append((name.utf8CodeUnitCount, value.count))
  }

  mutating func append(_ field: HTTPField) {
    // HTTP/2 has names in lower case only.
    for byte in field.name.utf8 { bytes.append(byte.lowercased) }
    bytes.append(contentsOf: field.value.utf8)
    lengths.append((field.name.utf8.count, field.value.utf8.count))
  }

  mutating func append(_ fields: HTTPFields) {
    for field in fields.fields { append(field) }
  }

  func withFields<Answer>(
    _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Answer
  ) -> Answer {
    bytes.withUnsafeBufferPointer { buffer in
      withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: lengths.count) { fields in
        guard let base = UnsafeMutablePointer(mutating: buffer.baseAddress) else {
          return body(nil, 0)
        }
        var offset = 0
        for (index, length) in lengths.enumerated() {
          fields[index] = nghttp2_nv(
            name: base + offset, value: base + offset + length.name, namelen: length.name,
            valuelen: length.value, flags: 0)
          offset += length.name + length.value
        }
        return body(UnsafePointer(fields.baseAddress), lengths.count)
      }
    }
  }
}
