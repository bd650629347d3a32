internal import Ports

/// A value that goes with a statement, in the binary form of its type.
struct Parameter: Hashable, Sendable {
  /// Nil for null.
  var bytes: [UInt8]?

  /// Statements say of what type each value is.
  init(_ value: RecordValue) {
    bytes = BinaryForm.bytes(of: value)
  }

  init(_ number: Int64) { self.init(.integer(number)) }
  init(_ text: String) { self.init(.text(text)) }

  /// One-dimensional array.
  init(array values: some Collection<RecordValue>, _ type: TableDeclaration.ColumnType) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + 16 * values.count)
    let hasNull = values.contains { $0 == .null }
    BinaryForm.append(Int32(values.isEmpty ? 0 : 1), to: &bytes)
    BinaryForm.append(Int32(hasNull ? 1 : 0), to: &bytes)
    BinaryForm.append(Int32(bitPattern: type.oid), to: &bytes)
    if !values.isEmpty {
      BinaryForm.append(Int32(clamping: values.count), to: &bytes)
      BinaryForm.append(Int32(1), to: &bytes)
      for value in values { BinaryForm.append(item: value, to: &bytes) }
    }
    self.bytes = bytes
  }
}

extension TableDeclaration.ColumnType {
  /// The number of the type (`pg_type.dat`).
  var oid: UInt32 {
    switch self {
    case .integer: 20
    case .text: 25
    case .bytes: 17
    }
  }

  /// As SQL calls it. Text sorts by bytes.
  var word: String {
    switch self {
    case .integer: "bigint"
    case .text: "text"
    case .bytes: "bytea"
    }
  }
}

/// Numbers go in network order, texts and bytes as they are.
enum BinaryForm {
  static func bytes(of value: RecordValue) -> [UInt8]? {
    switch value {
    case .null: return nil
    case .integer(let number):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(8)
      append(number, to: &bytes)
      return bytes
    case .text(let text): return Array(text.utf8)
    case .bytes(let bytes): return bytes
    }
  }

  /// A value with its length in front.
  static func append(item value: RecordValue, to bytes: inout [UInt8]) {
    switch value {
    case .null:
      append(Int32(-1), to: &bytes)
    case .integer(let number):
      append(Int32(8), to: &bytes)
      append(number, to: &bytes)
    case .text(let text):
      append(Int32(clamping: text.utf8.count), to: &bytes)
      bytes += text.utf8
    case .bytes(let value):
      append(Int32(clamping: value.count), to: &bytes)
      bytes += value
    }
  }

  static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Nil when there are not exactly eight bytes.
  static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard bytes.count == 8 else { return nil }
    return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
  }
}
