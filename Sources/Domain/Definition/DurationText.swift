/// Lengths of time as definitions write them: a whole number and one unit.
public enum DurationText {
  /// For messages: what a length looks like, in words.
  public static let rule = "a whole number and one of ms, s, m, h, d, such as 90s or 2h"

  /// Units from large to small, in milliseconds.
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]
  /// Enough for three hundred years in milliseconds.
  private static let digitsMax = 13

  /// Nil unless `text` is digits and a unit, without sign, point or blank.
  public static func duration(_ text: some StringProtocol) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
    guard !digits.isEmpty, digits.count <= digitsMax, let number = Int64(digits) else {
      return nil
    }
    let name = text.dropFirst(digits.count)
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
    return overflow ? nil : .milliseconds(milliseconds)
  }

  /// The text with the largest unit that loses nothing. Lengths below the millisecond, which no
  /// document has, are rounded up; negative ones are nothing.
  public static func text(of duration: Duration) -> String {
    let microseconds = max(duration.wholeMicroseconds, 0)
    let milliseconds = microseconds / 1_000 + (microseconds % 1_000 > 0 ? 1 : 0)
    if milliseconds == 0 { return "0s" }
    for unit in units where milliseconds % unit.milliseconds == 0 {
      return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
    return "\(milliseconds)ms"
  }
}
