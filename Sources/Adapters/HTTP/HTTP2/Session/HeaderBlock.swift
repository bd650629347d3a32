internal import Ports

/// A header list as it is decompressed: counted first, kept only while it is within the limits.
struct HeaderBlock: Sendable {
  enum Pseudo: Hashable, Sendable {
    case method
    case scheme
    case authority
    case path
    case status
  }

  private(set) var method = ""
  private(set) var scheme = ""
  private(set) var authority = ""
  private(set) var path: [UInt8] = []
  /// Zero when the list has no status.
  private(set) var status = 0
  private(set) var fields = HTTPFields()
  /// Names, values and 32 bytes for each field, pseudo-fields included.
  private(set) var bytes = 0
  private(set) var count = 0
  /// Set once the list is beyond a limit: from then on it is counted and not kept.
  private(set) var refusal: HTTPRefusal?

  private static let entryBytes = 32

  init() {}

  mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, bytesMax: Int,
    countMax: Int
  ) {
    bytes += name.count + value.count + HeaderBlock.entryBytes
    count += 1
    guard refusal == nil else { return }
    guard bytes <= bytesMax else { return refuse(.headTooLarge(bytesMax)) }
    if let pseudo = HeaderBlock.pseudo(name) { return keep(pseudo, value) }
    // Pseudo-fields are no fields of the request: at most four come, and nghttp2 sees to that.
    guard fields.fields.count < countMax else { return refuse(.tooManyFields(countMax)) }
    guard let name = name.span.text, let text = value.span.text,
      value.allSatisfy(\.isFieldValue)
    else { return refuse(.malformed("a header field that is not UTF-8")) }
    fields.fields.append(HTTPField(name, text))
  }

  private mutating func keep(_ pseudo: Pseudo, _ value: UnsafeBufferPointer<UInt8>) {
    let text = value.span.text
    switch pseudo {
    case .method: method = text ?? ""
    case .scheme: scheme = text ?? ""
    case .authority: authority = text ?? "\u{0}"
    case .path: path = Array(value)
    case .status: status = text.flatMap { Int($0) } ?? 0
    }
  }

  private mutating func refuse(_ refusal: HTTPRefusal) {
    self.refusal = refusal
    fields = HTTPFields()
  }

  private static func pseudo(_ name: UnsafeBufferPointer<UInt8>) -> Pseudo? {
    guard name.first == .colon else { return nil }
    let span = name.span
    if span.isSame(as: ":method") { return .method }
    if span.isSame(as: ":path") { return .path }
    if span.isSame(as: ":authority") { return .authority }
    if span.isSame(as: ":scheme") { return .scheme }
    if span.isSame(as: ":status") { return .status }
    return nil
  }
}
