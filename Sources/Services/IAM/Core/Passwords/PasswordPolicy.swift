internal import Domain

/// Which passwords are taken: long ones that are not among the first that anybody tries. No rules
/// about kinds of characters and no expiry (NIST SP 800-63B-4 §3.1.1.2).
public struct PasswordPolicy: Hashable, Sendable {
  /// In code points: a password is the only factor here.
  public var lengthMin = 15
  public var lengthMax = 128
  public var bytesMax = 1_024

  public init() {}

  public enum Fault: Hashable, Sendable, CaseIterable {
    case tooShort
    case tooLong
    case repetitive
    case common
    case containsName
  }

  public func fault(in password: String, of user: UserName) -> Fault? {
    let length = password.unicodeScalars.count
    if length < lengthMin { return .tooShort }
    if length > lengthMax || password.utf8.count > bytesMax { return .tooLong }
    let bytes = [UInt8](password.lowercased().utf8)
    if isRepetition(bytes) { return .repetitive }
    if isRow(bytes) || PasswordPolicy.common.contains(where: { bytes == [UInt8]($0.utf8) }) {
      return .common
    }
    return remainder(bytes, without: [user.text, "millrace"]) < 8 ? .containsName : nil
  }

  public func words(for fault: Fault) -> String {
    switch fault {
    case .tooShort: "it needs at least \(lengthMin) characters; a few random words are good"
    case .tooLong: "it may have at most \(lengthMax) characters and \(bytesMax) bytes"
    case .repetitive: "it repeats a short piece; it would be guessed soon"
    case .common: "it is among the first that are tried"
    case .containsName: "it is little more than a name that everybody knows"
    }
  }

  /// Whether it is one piece of at most eight bytes over and over, the last one cut or not.
  private func isRepetition(_ bytes: [UInt8]) -> Bool {
    (1...8).contains { length in
      bytes.indices.allSatisfy { $0 < length || bytes[$0] == bytes[$0 - length] }
    }
  }

  /// Whether it runs along the keyboard, the alphabet or the digits, one way or the other.
  private func isRow(_ bytes: [UInt8]) -> Bool {
    let rows = [
      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
      "01234567890123456789012345678901234567890123456789", "qwertyuiopasdfghjklzxcvbnm",
      "qwertyuiop[]asdfghjkl;'zxcvbnm,./", "1234567890qwertyuiopasdfghjklzxcvbnm",
      "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmikolp",
    ].map { [UInt8]($0.utf8) }
    return rows.contains { contains(bytes, in: $0) || contains(bytes.reversed(), in: $0) }
  }

  private func contains(_ piece: [UInt8], in row: [UInt8]) -> Bool {
    guard piece.count <= row.count else { return false }
    return (0...row.count - piece.count).contains { row[$0...].starts(with: piece) }
  }

  /// How many bytes are left when every occurrence of the words is taken out.
  private func remainder(_ bytes: [UInt8], without words: [String]) -> Int {
    var rest = bytes[...]
    var count = 0
    while !rest.isEmpty {
      if let word = words.first(where: { rest.starts(with: $0.utf8) && $0.utf8.count >= 3 }) {
        rest = rest.dropFirst(word.utf8.count)
      } else {
        rest = rest.dropFirst()
        count += 1
      }
    }
    return count
  }

  /// The longest of the lists of leaked passwords, in lower case; shorter ones are refused anyway.
  private static let common: [String] = [
    "administrator123", "administrator1234", "changemechangeme", "correcthorsebatterystaple",
    "correct horse battery staple", "iloveyouiloveyou", "letmeinletmein123", "myspacepassword1",
    "passwordpassword1", "password123456789", "password1234567890", "passw0rd123456789",
    "p@ssw0rdp@ssw0rd", "q1w2e3r4t5y6u7i8", "q1w2e3r4t5y6u7i8o9p0", "qwerty123456789",
    "qwerty1234567890", "qwertyuiop123456", "qwertyuiop1234567890", "thequickbrownfox",
    "thisismypassword", "trustno1trustno1", "welcome123456789", "whatthehellisthis",
    "zaq12wsxcde34rfv", "1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv",
    "123456789qwertyuiop", "123qweasdzxc123qweasdzxc", "asdfghjkl123456789",
  ]
}
