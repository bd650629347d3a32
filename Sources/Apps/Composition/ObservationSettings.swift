internal import Domain
internal import ServiceKit

/// What a process tells of itself, and whom.
public struct ObservationSettings: Sendable {
  /// The least important messages that are told.
  public var level = "info"
  /// Who takes traces and logs by OTLP over gRPC: `http://host:port`, or `https://…` with the
  /// certificates that the process has for others; nil for nobody.
  public var receiver: String?
  /// Of a million traces that begin here, how many are recorded.
  public var tracesMillionths = 100_000
  /// What every line, span and figure is of: `service.name`, and what the installation adds.
  public var service = "millrace"
  public var instance = ""
  public var version = ""
  public var resource: [(name: String, value: String)] = []

  public init() {}

  /// A share of all: digits, at most six of them behind the point; from 0 to 1.
  public static func millionths(_ share: String) -> Int? {
    guard let share = Decimal(text: share), (0...Decimal.scale).contains(share.scaled) else {
      return nil
    }
    return Int(share.scaled / (Decimal.scale / 1_000_000))
  }

  /// `name=value,name=value`, percent-encoded (OpenTelemetry, resource SDK); nil for anything else.
  public static func attributes(_ text: String) -> [(name: String, value: String)]? {
    var found: [(name: String, value: String)] = []
    for pair in text.split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = PercentCoding.decoded(parts[0], plusIsBlank: false),
        let value = PercentCoding.decoded(parts[1], plusIsBlank: false), !name.isEmpty
      else { return nil }
      found.append((name, value))
    }
    return found
  }

  struct Receiver: Hashable, Sendable {
    /// `host:port`
    var address: String
    var isSecure: Bool
  }

  /// - Throws: when it is no address, or one that wants certificates which the process has not.
  func parsedReceiver(hasCertificates: Bool) throws(StartFailure) -> Receiver? {
    guard let receiver = try parsedReceiver() else { return nil }
    guard hasCertificates || !receiver.isSecure else {
      throw StartFailure(
        "traces and logs go to https://, and this process has no certificates",
        hint: "name them by --tls-certificate, --tls-key and --tls-authority")
    }
    return receiver
  }

  private func parsedReceiver() throws(StartFailure) -> Receiver? {
    guard let receiver else { return nil }
    for (scheme, isSecure) in [("http://", false), ("https://", true)]
    where receiver.hasPrefix(scheme) {
      var rest = receiver.dropFirst(scheme.count)
      if rest.last == "/" { rest = rest.dropLast() }
      guard let colon = rest.lastIndex(of: ":"), colon != rest.startIndex,
        let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port),
        !rest.contains(where: { $0 == "/" || $0 == "@" || $0.isWhitespace })
      else { break }
      return Receiver(address: String(rest), isSecure: isSecure)
    }
    throw StartFailure(
      "'\(receiver)' is no address for traces and logs",
      hint: "OTLP over gRPC: http://HOST:4317, or https://HOST:4317")
  }

  /// What every line of the log says.
  var common: [(String, String)] {
    instance.isEmpty
      ? [] : [("service", service), ("instance", instance), ("version", version)]
  }
}
