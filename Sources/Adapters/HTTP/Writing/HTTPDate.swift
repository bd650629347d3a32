internal import Domain

/// The Date field (RFC 9110 §5.6.7), made once per second.
struct HTTPDate {
  private var second: Int64 = -1
  private(set) var text: [UInt8] = []

  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  mutating func update(to moment: Moment) {
    let now = max(0, moment.microseconds / 1_000_000)
    guard now != second else { return }
    second = now
    text = HTTPDate.format(now)
  }

  private static func format(_ seconds: Int64) -> [UInt8] {
    let days = seconds / 86_400
    let time = seconds % 86_400
    let (year, month, day) = date(daysSince1970: days)
    let clock = "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60))"
    let weekday = weekdays[Int(days % 7)]
    return Array("\(weekday), \(two(day)) \(months[month]) \(year) \(clock) GMT".utf8)
  }

  private static func two(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// The month counts from 0.
  private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int, day: Int64) {
    var (year, rest): (Int64, Int64) = (1970, days)
    while rest >= length(of: year) {
      rest -= length(of: year)
      year += 1
    }
    let february: Int64 = length(of: year) - 337
    let lengths: [Int64] = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var month = 0
    while month < 11, rest >= lengths[month] {
      rest -= lengths[month]
      month += 1
    }
    return (year, month, rest + 1)
  }

  private static func length(of year: Int64) -> Int64 {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
  }
}
