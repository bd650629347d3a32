/// Headers of a bus record as one column: for each, the lengths of name and value (32 bits, little
/// endian), then their bytes.
public enum HeaderCodec {
  public static func encoded(_ headers: [BusHeader]) -> [UInt8] {
    var bytes: [UInt8] = []
    for header in headers {
      append(header.name, to: &bytes)
      append(header.value, to: &bytes)
    }
    return bytes
  }

  /// Nil when the bytes were not written by `encoded`.
  public static func decoded(_ bytes: [UInt8]) -> [BusHeader]? {
    var headers: [BusHeader] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let name = takeText(&rest), let value = takeText(&rest) else { return nil }
      headers.append(BusHeader(name, value))
    }
    return headers
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let count = UInt32(clamping: text.utf8.count)
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: count >> UInt32(shift)))
    }
    bytes += text.utf8
  }

  private static func takeText(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard rest.count >= 4 else { return nil }
    let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }
}
