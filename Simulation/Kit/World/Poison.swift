/// How a fault marks what it has spoiled, for those who judge what became of it.
public enum Poison {
  /// No message begins like this: the tag names field 0.
  public static let mark: [UInt8] = [0x00, 0x70, 0x6f, 0x69, 0x73, 0x6f, 0x6e]

  public static func isIn(_ bytes: [UInt8]) -> Bool { bytes.starts(with: mark) }
}
