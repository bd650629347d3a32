/// How large the head of a message may be.
struct HeadLimits: Hashable, Sendable {
  var headBytesMax: Int
  var startLineBytesMax: Int
  var fieldsMax: Int
}

/// Collects the lines of a head until its empty line.
struct HeadReader: Sendable {
  private let limits: HeadLimits
  private var lines = LineScanner()
  private var hasSkippedLine = false

  init(_ limits: HeadLimits) {
    self.limits = limits
  }

  /// Calls `body` with the lines of the complete head and the bytes that they index, and drops it.
  /// Nil when the empty line has not come yet. One empty line before the first one is passed over,
  /// as RFC 9112 §2.2 wishes.
  mutating func read<Head>(
    _ input: inout InputBuffer,
    _ body: (_ lines: [Range<Int>], _ bytes: Span<UInt8>) throws(HTTPRefusal) -> Head
  ) throws(HTTPRefusal) -> Head? {
    while true {
      let line = try input.withSpan { span throws(HTTPRefusal) in try lines.next(in: span) }
      try checkLimits(line, arrived: input.count)
      guard let line else { return nil }
      if line == 0..<0 {
        guard !hasSkippedLine else { throw .malformed("empty lines before the request") }
        hasSkippedLine = true
        input.drop(2)
        lines.reset()
      } else if line.isEmpty {
        let head = try input.withSpan { span throws(HTTPRefusal) in
          try body(lines.ranges, span)
        }
        input.drop(lines.currentStart)
        lines.reset()
        hasSkippedLine = false
        return head
      }
    }
  }

  private func checkLimits(_ line: Range<Int>?, arrived: Int) throws(HTTPRefusal) {
    let end = line.map { $0.upperBound + 2 } ?? arrived
    let complete = lines.completeCount
    if complete == 0 || complete == 1 && line != nil {
      guard end <= limits.startLineBytesMax else { throw .targetTooLong }
    }
    guard end <= limits.headBytesMax else { throw .headTooLarge(limits.headBytesMax) }
    // Neither the start line nor the empty line is a field.
    let fields = complete - 1 - (line?.isEmpty == true ? 1 : 0)
    guard fields <= limits.fieldsMax else { throw .tooManyFields(limits.fieldsMax) }
  }
}
