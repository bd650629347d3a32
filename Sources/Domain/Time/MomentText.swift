extension Moment {
  /// RFC 3339 in UTC with milliseconds: `2026-11-24T22:25:42.120Z`.
  public var text: String {
    let clock = CivilTime(self)
    if let text = clock.text { return text }
    return "\(padded(clock.year, 4))-\(padded(clock.month, 2))-\(padded(clock.day, 2))T"
      + "\(padded(clock.hour, 2)):\(padded(clock.minute, 2)):\(padded(clock.second, 2))."
      + "\(padded(clock.millisecond, 3))Z"
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Nil unless `text` is an instant of RFC 3339 in the years 1 to 9999, with any offset. Digits
  /// beyond microseconds are dropped; a leap second counts as the second before it.
  public init?(text: some StringProtocol) {
    var reader = DigitReader(bytes: Array(text.utf8))
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
      reader.skip("-"), let day = reader.number(2), reader.skip("Tt "),
      let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2), let fraction = reader.fraction(),
      let offset = reader.offset(), reader.isAtEnd,
      (1...9_999).contains(year), (1...12).contains(month),
      (1...CivilTime.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    let days = CivilTime.days(toYear: year, month: month, day: day)
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + min(second, 59)
    self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
  }
}

/// A moment on the calendar of UTC (proleptic Gregorian).
struct CivilTime {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  let millisecond: Int

  /// Written digit by digit, since lists are full of instants; nil for years without four digits.
  fileprivate var text: String? {
    guard (0...9_999).contains(year) else { return nil }
    var bytes = [UInt8]("0000-00-00T00:00:00.000Z".utf8)
    for (number, last) in [
      (year, 3), (month, 6), (day, 9), (hour, 12), (minute, 15), (second, 18), (millisecond, 22),
    ] {
      var (rest, place) = (number, last)
      while rest > 0 {
        bytes[place] += UInt8(rest % 10)
        rest /= 10
        place -= 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  init(_ moment: Moment) {
    let microsecondsPerDay: Int64 = 86_400_000_000
    var days = moment.microseconds / microsecondsPerDay
    var rest = moment.microseconds % microsecondsPerDay
    if rest < 0 {
      days -= 1
      rest += microsecondsPerDay
    }
    let milliseconds = Int(rest / 1_000)
    millisecond = milliseconds % 1_000
    second = milliseconds / 1_000 % 60
    minute = milliseconds / 60_000 % 60
    hour = milliseconds / 3_600_000
    (year, month, day) = CivilTime.date(ofDay: Int(days))
  }

  /// The date of a day counted from 1970-01-01. Years are counted from March, so that the leap day
  /// is the last of its year, in eras of 400 years with 146,097 days.
  static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// The number of a date, counted from 1970-01-01.
  static func days(toYear year: Int, month: Int, day: Int) -> Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads fixed-width digits.
private struct DigitReader {
  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func digit() -> Int? {
    guard let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
      return nil
    }
    place += 1
    return Int(byte - UInt8(ascii: "0"))
  }

  mutating func number(_ width: Int) -> Int? {
    var number = 0
    for _ in 0..<width {
      guard let digit = digit() else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  mutating func skip(_ choices: String) -> Bool {
    guard let byte = next, choices.utf8.contains(byte) else { return false }
    place += 1
    return true
  }

  /// Microseconds after the second.
  mutating func fraction() -> Int? {
    guard skip(".") else { return 0 }
    guard var number = digit() else { return nil }
    var width = 1
    while let digit = digit() {
      if width < 6 {
        number = number * 10 + digit
        width += 1
      }
    }
    while width < 6 {
      number *= 10
      width += 1
    }
    return number
  }

  /// Minutes east of UTC.
  mutating func offset() -> Int? {
    if skip("Zz") { return 0 }
    let sign: Int
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
