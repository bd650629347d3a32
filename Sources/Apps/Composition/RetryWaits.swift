internal import Domain
internal import NotificationService

/// How long apart the attempts of a message are, as an operator sets it.
enum RetryWaits {
  static let countMax = 100
  static let lengths = Duration.milliseconds(100)...Duration.seconds(7 * 24 * 3_600)

  /// - Throws: what is wrong with the first wait that is of no use.
  static func check(_ waits: [Duration]?) throws(StartFailure) {
    guard let waits else { return }
    guard (1...countMax).contains(waits.count) else {
      throw StartFailure(
        "\(waits.count) waits between attempts are not possible", hint: "name 1 to \(countMax)")
    }
    for wait in waits where !lengths.contains(wait) {
      throw StartFailure(
        "there cannot be \(DurationText.text(of: wait)) between two attempts",
        hint: "use 100ms to 7d")
    }
  }

  static func set(_ waits: [Duration]?, in limits: inout NotificationConfiguration) {
    if let waits { limits.setRetryWaits(waits) }
  }
}
