internal import Domain
internal import Ports

/// One log line as JSON, ended by a line feed. Control characters are escaped, so that what a user
/// chose can neither start a line of its own nor steer a terminal.
enum LogLine {
  static let valueBytesMax = 8_192

  /// In which trace the task works, if in any.
  static var trace: [(String, String)] {
    guard let here = CurrentTrace.context else { return [] }
    return [("trace_id", here.trace.text), ("span_id", here.span.text)]
  }

  static func encode(
    _ level: LogLevel, _ event: String, _ fields: [(String, String)], at moment: Moment
  ) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(160)
    line += "{\"ts\":\"".utf8
    appendTimestamp(moment, to: &line)
    line += "\",\"level\":\"".utf8
    line += level.rawValue.utf8
    line += "\",\"msg\":".utf8
    appendString(event, to: &line)
    for (name, value) in fields {
      line.append(UInt8(ascii: ","))
      appendString(name, to: &line)
      line.append(UInt8(ascii: ":"))
      appendString(value, to: &line)
    }
    line += "}\n".utf8
    return line
  }

  private static func appendString(_ text: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    var count = 0
    for scalar in text.unicodeScalars {
      count += UTF8.width(scalar)
      if count > valueBytesMax {
        line += "…".utf8
        break
      }
      switch scalar.value {
      case 0x22, 0x5c: line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
      case 0x0a: line += "\\n".utf8
      case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029:
        let digits = String(scalar.value, radix: 16)
        line += "\\u".utf8
        line += repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count)
        line += digits.utf8
      default: line += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    line.append(UInt8(ascii: "\""))
  }

  /// RFC 3339 in UTC with milliseconds.
  static func appendTimestamp(_ moment: Moment, to line: inout [UInt8]) {
    let (days, time) = moment.microseconds.flooredDivision(by: 86_400_000_000)
    let date = CivilDate(daysSince1970: days)
    appendNumber(date.year, digits: 4, to: &line)
    line.append(UInt8(ascii: "-"))
    appendNumber(date.month, digits: 2, to: &line)
    line.append(UInt8(ascii: "-"))
    appendNumber(date.day, digits: 2, to: &line)
    line.append(UInt8(ascii: "T"))
    appendNumber(time / 3_600_000_000, digits: 2, to: &line)
    line.append(UInt8(ascii: ":"))
    appendNumber(time / 60_000_000 % 60, digits: 2, to: &line)
    line.append(UInt8(ascii: ":"))
    appendNumber(time / 1_000_000 % 60, digits: 2, to: &line)
    line.append(UInt8(ascii: "."))
    appendNumber(time / 1_000 % 1_000, digits: 3, to: &line)
    line.append(UInt8(ascii: "Z"))
  }

  private static func appendNumber(_ number: Int64, digits: Int, to line: inout [UInt8]) {
    let text = String(number)
    line += repeatElement(UInt8(ascii: "0"), count: max(0, digits - text.utf8.count))
    line += text.utf8
  }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  /// Counts from 1 March of the year 0, so that the leap day is the last of its year.
  init(daysSince1970: Int64) {
    let (era, dayOfEra) = (daysSince1970 + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
