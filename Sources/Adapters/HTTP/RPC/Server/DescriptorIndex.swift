internal import Wire

/// Files of descriptors by their names and by what they define.
struct DescriptorIndex: Sendable {
  private struct File: Sendable {
    var bytes: [UInt8]
    var imports: [String] = []
  }

  private var files: [String: File] = [:]
  private var symbols: [String: String] = [:]

  /// Files that cannot be read are left out.
  init(_ descriptors: [[UInt8]]) {
    for bytes in descriptors { try? add(bytes) }
  }

  /// The file and all that it imports, each before those that import it.
  func files(with name: String) -> [[UInt8]] {
    var order: [String] = []
    collect(name, into: &order)
    // The file that was asked for comes first: it is what the question was about.
    return order.reversed().compactMap { files[$0]?.bytes }
  }

  func files(defining symbol: String) -> [[UInt8]] {
    symbols[symbol].map { files(with: $0) } ?? []
  }

  private func collect(_ name: String, into order: inout [String]) {
    guard let file = files[name], !order.contains(name) else { return }
    for imported in file.imports { collect(imported, into: &order) }
    if !order.contains(name) { order.append(name) }
  }

  // MARK: - Reading

  /// What the names of a file's parts begin with, by the tags of `descriptor.proto`.
  private mutating func add(_ bytes: [UInt8]) throws(WireError) {
    var reader = try WireReader(bytes)
    var name = ""
    var package = ""
    var found: [String] = []
    var file = File(bytes: bytes)
    while let tag = try reader.nextTag() {
      switch tag {
      case 10: name = try reader.string()
      case 18: package = try reader.string()
      case 26: file.imports.append(try reader.string())
      case 34: try DescriptorIndex.message(&reader, within: "", &found)
      case 42: try DescriptorIndex.named(&reader, within: "", parts: 18, &found)
      case 50: try DescriptorIndex.named(&reader, within: "", parts: 18, &found)
      default: try reader.skip(tag)
      }
    }
    guard files[name] == nil else { return }
    files[name] = file
    let prefix = package.isEmpty ? "" : package + "."
    for symbol in found { symbols[prefix + symbol] = name }
  }

  private static func message(
    _ reader: inout WireReader, within outer: String, _ found: inout [String]
  ) throws(WireError) {
    let bytes = try reader.data()
    let name = try text(of: 10, in: bytes)
    let path = outer + name
    found.append(path)
    var inner = try WireReader(bytes)
    while let tag = try inner.nextTag() {
      switch tag {
      case 18: found.append("\(path).\(try text(of: 10, in: try inner.data()))")
      case 26: try message(&inner, within: path + ".", &found)
      case 34: try named(&inner, within: path + ".", parts: 18, &found)
      default: try inner.skip(tag)
      }
    }
  }

  /// A service with its methods, or an enum with its values.
  private static func named(
    _ reader: inout WireReader, within outer: String, parts: UInt32, _ found: inout [String]
  ) throws(WireError) {
    let bytes = try reader.data()
    let path = outer + (try text(of: 10, in: bytes))
    found.append(path)
    var inner = try WireReader(bytes)
    while let tag = try inner.nextTag() {
      guard tag == parts else {
        try inner.skip(tag)
        continue
      }
      found.append("\(path).\(try text(of: 10, in: try inner.data()))")
    }
  }

  private static func text(of wanted: UInt32, in bytes: [UInt8]) throws(WireError) -> String {
    var reader = try WireReader(bytes)
    while let tag = try reader.nextTag() {
      if tag == wanted { return try reader.string() }
      try reader.skip(tag)
    }
    return ""
  }
}

/// Descriptors as they are kept in a program.
public enum RPCDescriptors {
  /// The files of a `google.protobuf.FileDescriptorSet` in base64, and of the services that every
  /// server has: health and reflection. Empty when the text is none.
  public static func files(base64 text: String) -> [[UInt8]] {
    files(text) + files(WellKnownDescriptors.base64)
  }

  private static func files(_ text: String) -> [[UInt8]] {
    guard let bytes = Base64.decode(text.utf8) else { return [] }
    var files: [[UInt8]] = []
    do throws(WireError) {
      var reader = try WireReader(bytes)
      while let tag = try reader.nextTag() {
        if tag == 10 { files.append(try reader.data()) } else { try reader.skip(tag) }
      }
      return files
    } catch {
      return []
    }
  }
}
