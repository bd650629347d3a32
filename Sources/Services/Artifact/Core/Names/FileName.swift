/// The rules for names of files that come from outside. They are shown and offered when saving,
/// and are never part of a path or key of ours.
public enum FileName {
  public static let bytesMax = 255
  public static let pathBytesMax = 1_024
  public static let stepsMax = 32

  public enum Fault: String, Hashable, Sendable {
    case empty = "is empty"
    case tooLong = "is too long"
    case dots = "is or contains '.' or '..'"
    case slash = "contains a slash or backslash"
    case control = "contains a control, format or unassigned character"
    case blankEnd = "begins or ends with a blank, or ends with a dot"
    case notComposed = "contains letters in parts; write them composed (Unicode NFC)"
    case reserved = "is the name of a device on some systems"
    case tooDeep = "has too many folders"
  }

  /// What is wrong with a name; nil when it is good.
  public static func fault(in name: some StringProtocol) -> Fault? {
    if name.isEmpty { return .empty }
    if name.utf8.count > bytesMax { return .tooLong }
    if name == "." || name == ".." { return .dots }
    for scalar in name.unicodeScalars {
      if scalar == "/" || scalar == "\\" { return .slash }
      if isHidden(scalar) { return .control }
      if isPart(scalar) { return .notComposed }
    }
    if name.first == " " || name.last == " " || name.last == "." { return .blankEnd }
    return isReserved(name) ? .reserved : nil
  }

  /// What is wrong with a relative path; nil when it is good.
  public static func fault(inPath path: String) -> Fault? {
    if path.utf8.count > pathBytesMax { return .tooLong }
    let steps = path.split(separator: "/", omittingEmptySubsequences: false)
    if steps.count > stepsMax { return .tooDeep }
    return steps.lazy.compactMap { fault(in: $0) }.first
  }

  /// `attachment` with the name in both spellings (RFC 6266, RFC 8187).
  public static func disposition(_ name: String) -> String {
    let plain = String(
      name.unicodeScalars.map { scalar -> Character in
        let isPlain =
          (0x20...0x7e).contains(scalar.value) && scalar != "\"" && scalar != "\\"
          && scalar != "%"
        return isPlain ? Character(scalar) : "_"
      })
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded(name))"
  }

  /// Everything but `attr-char` of RFC 8187 becomes an escape.
  private static func encoded(_ name: String) -> String {
    let marks = Array("!#$&+-.^_`|~".utf8)
    return name.utf8.map { byte in
      let isPlain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || marks.contains(byte)
      if isPlain { return String(Unicode.Scalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// What is not seen, or turns the order of what is.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    let hidden: [Unicode.GeneralCategory] = [
      .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
    ]
    return hidden.contains(scalar.properties.generalCategory)
  }

  /// Marks and letters that stand for a part of a composed letter, or for another letter: the same
  /// name would have two spellings.
  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0300...0x036f, 0x1ab0...0x1aff, 0x1dc0...0x1dff, 0x20d0...0x20ff, 0xfe20...0xfe2f,
      0x3099...0x309a, 0x1100...0x11ff, 0xa960...0xa97f, 0xd7b0...0xd7ff, 0x2126, 0x212a...0x212b,
      0xf900...0xfaff, 0x2f800...0x2fa1f:
      true
    default: false
    }
  }

  private static func isReserved(_ name: some StringProtocol) -> Bool {
    let stem = name.prefix { $0 != "." }.lowercased()
    if ["con", "prn", "aux", "nul", "conin$", "conout$"].contains(stem) { return true }
    return stem.utf8.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt"))
      && stem.utf8.last.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
  }
}
