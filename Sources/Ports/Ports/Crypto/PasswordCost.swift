/// What one hash of a password costs: the parameters of argon2 (RFC 9106 §3.1).
public struct PasswordCost: Hashable, Sendable {
  public var memoryKiB: Int
  public var passes: Int
  public var lanes: Int

  public init(memoryKiB: Int, passes: Int, lanes: Int) {
    self.memoryKiB = memoryKiB
    self.passes = passes
    self.lanes = lanes
  }

  /// One of the settings that OWASP's password storage cheat sheet holds for equally strong.
  public static let standard = PasswordCost(memoryKiB: 19 * 1_024, passes: 2, lanes: 1)

  /// Within what we ever compute, whoever asks: a stored hash is input, too.
  public var isAllowed: Bool {
    (1...PasswordCost.passesMax).contains(passes) && (1...PasswordCost.lanesMax).contains(lanes)
      && (8 * lanes...PasswordCost.memoryKiBMax).contains(memoryKiB)
  }

  public static let memoryKiBMax = 256 * 1_024
  public static let passesMax = 10
  public static let lanesMax = 8
}

/// A stored password hash as its PHC string says it:
/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`.
public struct PasswordHash: Hashable, Sendable {
  public var cost: PasswordCost
  public var salt: [UInt8]
  public var tag: [UInt8]

  public static let saltBytes = 8...64
  public static let tagBytes = 16...64
  /// What new hashes have.
  public static let saltBytesNew = 16
  public static let tagBytesNew = 32

  public init(cost: PasswordCost, salt: [UInt8], tag: [UInt8]) {
    self.cost = cost
    self.salt = salt
    self.tag = tag
  }

  public var text: String {
    "$argon2id$v=19$m=\(cost.memoryKiB),t=\(cost.passes),p=\(cost.lanes)$"
      + Base64.unpadded.text(salt) + "$" + Base64.unpadded.text(tag)
  }

  /// Nil unless `text` is exactly what `text` prints, with everything within its bounds.
  public init?(text: String) {
    guard text.utf8.count <= 512 else { return nil }
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19",
      let salt = Base64.unpadded.bytes(parts[4]), let tag = Base64.unpadded.bytes(parts[5]),
      PasswordHash.saltBytes.contains(salt.count), PasswordHash.tagBytes.contains(tag.count)
    else { return nil }
    let numbers = parts[3].split(separator: ",", omittingEmptySubsequences: false)
    guard numbers.count == 3, let memory = PasswordHash.number(numbers[0], "m="),
      let passes = PasswordHash.number(numbers[1], "t="),
      let lanes = PasswordHash.number(numbers[2], "p=")
    else { return nil }
    let cost = PasswordCost(memoryKiB: memory, passes: passes, lanes: lanes)
    guard cost.isAllowed else { return nil }
    self.init(cost: cost, salt: salt, tag: tag)
  }

  private static func number(_ text: Substring, _ name: String) -> Int? {
    guard text.utf8.starts(with: name.utf8) else { return nil }
    let digits = text.dropFirst(name.count)
    guard let number = Int(digits), String(number) == digits else { return nil }
    return number
  }
}
