/// A secret that its holder shows: `mr_pat_<43 characters>_<6 characters>`. Scanners recognise it,
/// and the check sum tells a mistyped one without a look-up.
///
/// Prints itself without the secret.
public struct SecretToken: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Of a user, for programs.
    case personal = "pat"
    /// Of a service account.
    case account = "sat"
    /// Gives a session its next access token, once.
    case refresh = "rt"
    /// Lets somebody register.
    case invitation = "inv"
    /// Makes the first administrator.
    case firstAdmin = "adm"
  }

  public static let secretBytes = 32
  /// Of the whole text.
  public static let textBytesMax = 64

  public let kind: Kind
  public let secret: [UInt8]

  /// Nil unless there are exactly 32 bytes.
  public init?(_ kind: Kind, secret: [UInt8]) {
    guard secret.count == SecretToken.secretBytes else { return nil }
    self.kind = kind
    self.secret = secret
  }

  public var text: String {
    let body = "mr_\(kind.rawValue)_" + SecretToken.digits(of: secret)
    return body + "_" + SecretToken.checkSum(of: body)
  }

  /// What may be shown and stored to recognise it by: the kind and the first eight characters.
  public var prefix: String { String(text.prefix("mr_".count + kind.rawValue.count + 9)) }

  public var description: String { prefix + "…" }

  /// Nil unless `text` is exactly what `text` prints.
  public init?(text: some StringProtocol) {
    guard text.utf8.count <= SecretToken.textBytesMax else { return nil }
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "mr", let kind = Kind(rawValue: String(parts[1])),
      let secret = SecretToken.bytes(of: parts[2])
    else { return nil }
    self.init(kind, secret: secret)
    guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
  }

  // MARK: Base 62, the number that the bytes are, in 43 digits

  private static let alphabet = [UInt8](
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
  private static let digitsOfSecret = 43

  private static func digits(of bytes: [UInt8]) -> String {
    var number = bytes
    var digits: [UInt8] = []
    for _ in 0..<digitsOfSecret {
      var rest = 0
      for index in number.indices {
        let value = rest << 8 | Int(number[index])
        number[index] = UInt8(truncatingIfNeeded: value / 62)
        rest = value % 62
      }
      digits.append(alphabet[rest])
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }

  private static func bytes(of digits: some StringProtocol) -> [UInt8]? {
    guard digits.utf8.count == digitsOfSecret else { return nil }
    var number = [UInt8](repeating: 0, count: secretBytes)
    for digit in digits.utf8 {
      guard var carry = alphabet.firstIndex(of: digit) else { return nil }
      for index in number.indices.reversed() {
        let value = Int(number[index]) * 62 + carry
        number[index] = UInt8(truncatingIfNeeded: value)
        carry = value >> 8
      }
      guard carry == 0 else { return nil }
    }
    return number
  }

  /// CRC-32 (ISO 3309) of a text, in six digits.
  private static func checkSum(of text: String) -> String {
    var sum: UInt32 = 0xffff_ffff
    for byte in text.utf8 {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
    var rest = Int(~sum)
    var digits: [UInt8] = []
    for _ in 0..<6 {
      digits.append(alphabet[rest % 62])
      rest /= 62
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }
}
