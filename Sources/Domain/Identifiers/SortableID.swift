/// 128 bits laid out as UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits, so that
/// ids sort by the time of their making and are never reused.
///
/// The text is 26 characters of Crockford's base32 in lower case; it sorts as the bits do.
public struct SortableID: Hashable, Comparable, Sendable {
  public let high: UInt64
  public let low: UInt64

  /// - Parameter random: the stream that the process was given; two draws are taken.
  public init(at moment: Moment, random: () -> UInt64) {
    let milliseconds = UInt64(clamping: moment.microseconds / 1_000) & 0xffff_ffff_ffff
    high = milliseconds << 16 | 0x7000 | random() & 0x0fff
    low = random() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
  }

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// When it was made, by the clock of who made it.
  public var madeAt: Moment { Moment(microseconds: Int64(high >> 16) * 1_000) }

  /// Nil unless `text` is exactly the form that `text` prints.
  public init?(text: some StringProtocol) {
    self.init(text: String(text), after: "")
  }

  /// What follows a prefix. Concrete and by bytes: ids are read for every row and message.
  init?(text: String, after prefix: String) {
    var text = text
    let id = text.withUTF8 { SortableID(bytes: $0, after: prefix) }
    guard let id else { return nil }
    self = id
  }

  /// Nil unless the bytes are the prefix and the text of an id.
  init?(bytes: some RandomAccessCollection<UInt8>, after prefix: String) {
    let start = prefix.utf8.count
    guard bytes.count == start + SortableID.textLength, bytes.starts(with: prefix.utf8) else {
      return nil
    }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for byte in bytes.dropFirst(start) {
      let digit = SortableID.digits[Int(byte)]
      guard digit < 32, high >> 59 == 0 else { return nil }
      high = high << 5 | low >> 59
      low = low << 5 | UInt64(digit)
    }
    self.init(high: high, low: low)
  }

  static let textLength = 26

  public var text: String { text(after: "") }

  func text(after prefix: String) -> String {
    let start = prefix.utf8.count
    return String(unsafeUninitializedCapacity: start + SortableID.textLength) { bytes in
      for (place, byte) in prefix.utf8.enumerated() { bytes[place] = byte }
      var (high, low) = (high, low)
      for place in (start..<start + SortableID.textLength).reversed() {
        bytes[place] = SortableID.alphabet[Int(low & 31)]
        low = low >> 5 | high << 59
        high >>= 5
      }
      return start + SortableID.textLength
    }
  }

  public static func < (left: SortableID, right: SortableID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  private static let alphabet = [UInt8]("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// By byte: what it stands for, or 255.
  private static let digits: [UInt8] = {
    var digits = [UInt8](repeating: 255, count: 256)
    for (value, byte) in alphabet.enumerated() { digits[Int(byte)] = UInt8(value) }
    return digits
  }()
}
