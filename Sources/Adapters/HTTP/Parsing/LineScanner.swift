/// Looks for the lines of a head or of trailers, never at the same byte twice.
///
/// A line ends with CR LF. A line feed without a carriage return is refused: what one server takes
/// for the end of a line and another does not is how requests are smuggled.
struct LineScanner: Sendable {
  /// Up to here the bytes have been looked at.
  private var scanned = 0
  private var isAfterReturn = false
  /// Where the complete lines begin, and where the unfinished one begins.
  private var starts = [0]

  /// Where the unfinished line begins.
  var currentStart: Int { starts[starts.count - 1] }
  var completeCount: Int { starts.count - 1 }

  /// The complete lines without their ends, the last one, which is empty, left out.
  var ranges: [Range<Int>] {
    (0..<max(0, completeCount - 1)).map { starts[$0]..<starts[$0 + 1] - 2 }
  }

  /// Goes on to the next line end and returns the line, without CR LF; nil when it has not come
  /// yet.
  mutating func next(in bytes: Span<UInt8>) throws(HTTPRefusal) -> Range<Int>? {
    let start = currentStart
    while scanned < bytes.count {
      let byte = bytes[scanned]
      scanned += 1
      if isAfterReturn {
        guard byte == .lineFeed else {
          throw .malformed("a carriage return without a line feed")
        }
        isAfterReturn = false
        starts.append(scanned)
        return start..<scanned - 2
      }
      switch byte {
      case .carriageReturn: isAfterReturn = true
      case .lineFeed: throw .malformed("a line feed without a carriage return")
      case 0x00..<0x09, 0x0b..<0x20, 0x7f: throw .malformed("a control character in the head")
      default: continue
      }
    }
    return nil
  }

  mutating func reset() {
    scanned = 0
    isAfterReturn = false
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
  }
}
