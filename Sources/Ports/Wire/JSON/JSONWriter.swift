public import Domain

/// Writes one JSON text as it goes, without building a tree.
///
/// Commas and quotes are its business; what the caller owes is one value at the top, and names for
/// the members of objects. The text has no blanks and no line breaks, so it is also one line of
/// NDJSON and of an event stream.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// Whether a value stands in front of what comes next, in the same array or object.
  private var follows = false

  public init(capacity: Int = 0) {
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  /// One object, from a function that writes its members.
  public static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object(body)
    return writer.bytes
  }

  // MARK: Values

  public mutating func null() {
    separate()
    bytes += "null".utf8
  }

  public mutating func value(_ flag: Bool) {
    separate()
    bytes += (flag ? "true" : "false").utf8
  }

  public mutating func value(_ number: some FixedWidthInteger) {
    separate()
    bytes += String(number).utf8
  }

  public mutating func value(_ text: String) {
    separate()
    JSONText.append(text, to: &bytes)
  }

  /// Canonical, as `Value.json`.
  public mutating func value(_ value: Value) {
    separate()
    JSONText.append(value, to: &bytes)
  }

  /// Text that may not be UTF-8, such as a task's output; what is not becomes U+FFFD.
  public mutating func value(repairing text: [UInt8]) {
    value(String(decoding: text, as: UTF8.self))
  }

  /// A text that is JSON already, such as a stored normal form.
  public mutating func value(verbatim json: [UInt8]) {
    separate()
    bytes += json
  }

  public mutating func array(_ body: (inout JSONWriter) -> Void) {
    open("[")
    body(&self)
    close("]")
  }

  /// An array of one value per element.
  public mutating func array<Element>(
    of elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
  ) {
    open("[")
    for element in elements { body(&self, element) }
    close("]")
  }

  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  // MARK: Members of objects

  /// The name of the value that is written next.
  public mutating func name(_ name: String) {
    separate()
    JSONText.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    follows = false
  }

  public mutating func field(_ name: String, _ flag: Bool) {
    self.name(name)
    value(flag)
  }

  public mutating func field(_ name: String, _ number: some FixedWidthInteger) {
    self.name(name)
    value(number)
  }

  public mutating func field(_ name: String, _ text: String) {
    self.name(name)
    value(text)
  }

  public mutating func field(_ name: String, _ value: Value) {
    self.name(name)
    self.value(value)
  }

  public mutating func field(_ name: String, object body: (inout JSONWriter) -> Void) {
    self.name(name)
    object(body)
  }

  public mutating func field<Element>(
    _ name: String, array elements: some Sequence<Element>,
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    self.name(name)
    array(of: elements, body)
  }

  public mutating func field(_ name: String, _ texts: [String]) {
    field(name, array: texts) { writer, text in writer.value(text) }
  }

  public mutating func field(_ name: String, _ texts: SortedMap<String, String>) {
    self.name(name)
    object { writer in
      for (key, text) in texts { writer.field(key, text) }
    }
  }

  // MARK: Members that are left out when there is nothing

  public mutating func field(_ name: String, ifPresent text: String?) {
    if let text { field(name, text) }
  }

  public mutating func field(_ name: String, ifPresent flag: Bool?) {
    if let flag { field(name, flag) }
  }

  public mutating func field(_ name: String, ifPresent number: (some FixedWidthInteger)?) {
    if let number { field(name, number) }
  }

  public mutating func field(_ name: String, ifPresent value: Value?) {
    if let value { field(name, value) }
  }

  // MARK: Commas

  private mutating func separate() {
    if follows { bytes.append(UInt8(ascii: ",")) }
    follows = true
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    follows = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    follows = true
  }
}
