/// Where something stands in a trace: in which one, at which span, and whether it is recorded.
///
/// Its text is the field `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context).
/// `tracestate`, which belongs to the vendors of tracing systems, is not carried on.
public struct TraceContext: Hashable, Sendable {
  public let trace: TraceID
  public let span: SpanID
  /// Whether spans of it are recorded: decided once, where the trace begins.
  public let isSampled: Bool

  public init(_ trace: TraceID, _ span: SpanID, isSampled: Bool) {
    self.trace = trace
    self.span = span
    self.isSampled = isSampled
  }

  /// Another span of the same trace.
  public func with(_ span: SpanID) -> TraceContext {
    TraceContext(trace, span, isSampled: isSampled)
  }

  /// Nil for what no reader of level 1 may take: ids that are zero, digits in upper case, the
  /// version `ff`, and lengths that its version does not have.
  public init?(traceparent text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= TraceContext.length, bytes.count <= TraceContext.lengthMax,
      bytes[2] == TraceContext.dash, bytes[35] == TraceContext.dash, bytes[52] == TraceContext.dash,
      let version = UInt64(hexadecimal: bytes[0..<2]), version != 0xff,
      let high = UInt64(hexadecimal: bytes[3..<19]), let low = UInt64(hexadecimal: bytes[19..<35]),
      let trace = TraceID(high: high, low: low),
      let span = UInt64(hexadecimal: bytes[36..<52]).flatMap(SpanID.init(bits:)),
      let flags = UInt64(hexadecimal: bytes[53..<55])
    else { return nil }
    // Versions that come later may say more, behind another dash.
    guard
      bytes.count == TraceContext.length || (version > 0 && bytes[55] == TraceContext.dash)
    else { return nil }
    self.init(trace, span, isSampled: flags & 1 == 1)
  }

  public var traceparent: String { "00-\(trace.text)-\(span.text)-\(isSampled ? "01" : "00")" }

  private static let length = 55
  private static let lengthMax = 512
  private static let dash = UInt8(ascii: "-")
}

/// Sixteen bytes that are not all zero.
public struct TraceID: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64

  public init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }

  /// The trace that begins with what has this id.
  public init(of id: SortableID) {
    high = id.high
    low = id.low == 0 && id.high == 0 ? 1 : id.low
  }

  public var text: String { high.hexadecimal + low.hexadecimal }
}

/// Eight bytes that are not all zero.
public struct SpanID: Hashable, Sendable {
  public let bits: UInt64

  public init?(bits: UInt64) {
    guard bits != 0 else { return nil }
    self.bits = bits
  }

  /// A span of its own.
  public init(random: UInt64) { bits = max(random, 1) }

  /// The span of what a text names: whoever tells of it, and however often, tells of one span.
  public init(of name: String) {
    var hash = StableHash()
    hash.combine(name)
    bits = max(hash.value, 1)
  }

  public var text: String { bits.hexadecimal }
}

extension UInt64 {
  /// Sixteen digits.
  fileprivate var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// Nil for anything but digits in lower case, at most sixteen.
  fileprivate init?(hexadecimal digits: ArraySlice<UInt8>) {
    guard digits.count <= 16 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default:
        return nil
      }
    }
    self = value
  }
}
