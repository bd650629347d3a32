internal import Domain

/// What a `Range` field asks of a content of known size (RFC 9110 §14).
public enum ByteRange: Hashable, Sendable {
  /// No range, one in another unit, one that cannot be read, or several: the whole content, as the
  /// RFC lets a server decide.
  case whole
  /// Not empty, within the content.
  case part(Range<Int64>)
  /// It begins behind the end: 416.
  case unsatisfiable

  public init(_ field: String?, size: Int64) {
    guard let field, let wanted = ByteRange.specification(field) else {
      self = .whole
      return
    }
    switch wanted {
    case .from(let first, let last):
      guard first < size else {
        self = .unsatisfiable
        return
      }
      self = .part(first..<min(last.map { $0.addingSaturated(1) } ?? size, size))
    case .last(let count):
      guard count > 0, size > 0 else {
        self = .unsatisfiable
        return
      }
      self = .part(max(size - count, 0)..<size)
    }
  }

  private enum Specification {
    case from(Int64, last: Int64?)
    case last(Int64)
  }

  /// Nil for what is no single range of bytes.
  private static func specification(_ field: String) -> Specification? {
    let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
    let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty {
      return number(ends[1]).map(Specification.last)
    }
    guard let first = number(ends[0]) else { return nil }
    if ends[1].isEmpty { return .from(first, last: nil) }
    guard let last = number(ends[1]), last >= first else { return nil }
    return .from(first, last: last)
  }

  /// Digits only; more than fit stand for the largest number.
  private static func number(_ text: Substring) -> Int64? {
    guard !text.isEmpty, text.utf8.count <= 40,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int64(text) ?? .max
  }
}
