/// What a JSON text may ask of its reader.
public struct JSONLimits: Hashable, Sendable {
  /// How deep arrays and objects may nest. Reading recurses this deep.
  public var depthMax: Int
  /// Members of one object.
  public var membersMax: Int
  /// Values altogether, what is in arrays and objects included: what bounds the memory that a text
  /// of small values takes.
  public var valuesMax: Int
  /// Bytes of one string or name in UTF-8, its escapes resolved.
  public var stringBytesMax: Int
  /// Bytes of one number as it is written.
  public var numberBytesMax: Int
  /// Whether numbers with more than nine digits of fraction are rounded instead of refused.
  public var isRounding: Bool
  /// Whether strings may hold the character U+0000, which stores and processes cannot take.
  public var isNullCharacterAllowed: Bool

  public init(
    depthMax: Int = 32, membersMax: Int = 1_000, stringBytesMax: Int = 64 * 1024,
    numberBytesMax: Int = 40, isRounding: Bool = false
  ) {
    self.depthMax = depthMax
    self.membersMax = membersMax
    self.stringBytesMax = stringBytesMax
    self.numberBytesMax = numberBytesMax
    self.isRounding = isRounding
    valuesMax = .max
    isNullCharacterAllowed = false
  }
}

/// Why a text is no JSON value that we take.
public struct JSONFault: Error, Hashable, Sendable {
  /// The stable word for the reason.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// Not UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// It starts with a byte order mark.
    case byteOrderMark = "byte-order-mark"
    /// It breaks the grammar of RFC 8259.
    case syntax
    /// Something follows the value.
    case trailingBytes = "trailing-bytes"
    /// An object has two members of one name. Names that Unicode holds for equal are one name.
    case duplicateName = "duplicate-name"
    case tooDeep = "too-deep"
    case tooManyMembers = "too-many-members"
    case tooManyValues = "too-many-values"
    case stringTooLong = "string-too-long"
    case numberTooLong = "number-too-long"
    /// Neither an `Int64` nor a `Decimal`.
    case numberOutOfRange = "number-out-of-range"
    /// Half a surrogate pair, which is no character.
    case loneSurrogate = "lone-surrogate"
    /// U+0000 in a string.
    case nullCharacter = "null-character"
    /// A control character in a string that is not written as an escape.
    case controlCharacter = "control-character"
  }

  public var code: Code
  /// A sentence without the place.
  public var message: String
  /// In bytes from the start of the text.
  public var offset: Int
  public var position: SourcePosition
  /// The innermost value around the fault, as a JSON pointer (RFC 6901).
  public var pointer: String

  public init(
    _ code: Code, message: String, offset: Int, position: SourcePosition, pointer: String
  ) {
    self.code = code
    self.message = message
    self.offset = offset
    self.position = position
    self.pointer = pointer
  }

  /// For reports that gather findings.
  public var finding: Finding {
    Finding(
      code: code.rawValue, message: message, hint: "send JSON as RFC 8259 defines it",
      position: position, pointer: pointer)
  }
}

extension JSONFault: CustomStringConvertible {
  public var description: String {
    let place = pointer.isEmpty ? "" : " in \(pointer)"
    return "\(position.line):\(position.column): \(code.rawValue): \(message)\(place)"
  }
}

extension SourcePosition {
  /// The place of the byte at `offset` of UTF-8; LF, CR LF and CR end lines.
  public init(ofByte offset: Int, in bytes: [UInt8]) {
    self = SourcePosition.places(ofBytes: [offset], in: bytes).first ?? .start
  }

  /// The places of bytes at `offsets`, which ascend: one pass for all.
  public static func places(ofBytes offsets: [Int], in bytes: [UInt8]) -> [SourcePosition] {
    var places: [SourcePosition] = []
    var position = SourcePosition.start
    var next = 0
    for offset in offsets {
      while next < min(offset, bytes.count) {
        position.pass(bytes[next], before: next + 1 < bytes.count ? bytes[next + 1] : nil)
        next += 1
      }
      places.append(position)
    }
    return places
  }

  private mutating func pass(_ byte: UInt8, before following: UInt8?) {
    switch byte {
    case UInt8(ascii: "\r") where following == UInt8(ascii: "\n"):
      break
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      line += 1
      column = 1
    case 0x80...0xbf:
      break
    default:
      column += 1
    }
  }
}
