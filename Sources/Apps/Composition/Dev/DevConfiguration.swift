public import Ports

/// Where and how `dev` runs. Validated once at start.
public struct DevConfiguration: Sendable {
  /// Everything is kept here; nil keeps it in memory.
  public var dataDirectory: String?
  public var host = "127.0.0.1"
  /// 0 picks one.
  public var port = 7_700
  /// Tasks that run at once.
  public var slots = 4
  /// What tasks may have.
  public var tasks = TaskSettings()
  /// Where webhooks and the calls of tasks may go: to this machine too, on any port.
  public var egress = EgressRules.development
  /// What is told of the process: to standard error, to scrapers, and to a receiver of telemetry.
  public var observation: ObservationSettings
  /// The server that takes mail, such as `smtp://127.0.0.1:1025`; nil for no mail.
  public var mailServer: String?
  public var mailFrom = "millrace@localhost"
  /// Between the attempts of a message; nil for six attempts within a day.
  public var retryWaits: [Duration]?
  /// Certificates that the mail server is trusted by, as a file in PEM; nil for the system's.
  public var mailAuthorities: String?
  /// A definition that is applied at the start.
  public var sample = ""

  public init() {
    observation = ObservationSettings()
    observation.level = "warning"
  }

  /// - Throws: what is wrong with the first setting that is of no use.
  func check() throws(StartFailure) {
    if dataDirectory?.isEmpty == true {
      throw StartFailure("the name of the data folder is empty", hint: "name one, or none at all")
    }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else {
      throw StartFailure("'\(host)' is no address to listen on", hint: "the usual one is 127.0.0.1")
    }
    guard (0...65_535).contains(port) else {
      throw StartFailure("\(port) is no port", hint: "ports are 0 to 65535; 0 picks a free one")
    }
    guard (1...10_000).contains(slots) else {
      throw StartFailure(
        "\(slots) slots are not possible", hint: "1 to 10000 tasks can run at once")
    }
    _ = try observation.parsedReceiver(hasCertificates: false)
    try tasks.check()
    try RetryWaits.check(retryWaits)
    _ = try mail()
  }
}
