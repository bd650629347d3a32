internal import CCurl
public import Ports
public import SystemAdapter

/// Limits of calls to addresses that users chose. Validated once at start.
public struct EgressClientConfiguration: Sendable {
  public var rules: EgressRules
  public var connectWithin: Duration = .seconds(5)
  public var answerHeadBytesMax: Int = 64 << 10
  public var urlBytesMax: Int = 8_192
  /// Certificates to trust, as a file in PEM; nil for those of the system.
  public var authoritiesFile: String?

  public init(rules: EgressRules = .public) {
    self.rules = rules
  }
}

/// Makes calls with libcurl, on the threads of a pool (decision 6).
public struct CurlEgressClient: EgressClient {
  private let configuration: EgressClientConfiguration
  private let pool: BlockingPool

  /// - Parameter pool: has a thread for each call that shall be on its way at once; what comes when
  ///   all are busy waits for one.
  public init(_ configuration: EgressClientConfiguration, on pool: BlockingPool) {
    self.configuration = configuration
    self.pool = pool
  }

  public func send(
    _ call: HTTPCall, answerBytesMax: Int
  ) async throws(EgressError) -> EgressAnswer {
    var call = call
    call.url = String(call.url.prefix { $0 != "#" })
    call.fields.fields.removeAll { field in
      CurlEgressClient.own.contains { field.isNamed($0) }
    }
    guard let url = WebhookURL(call.url, bytesMax: configuration.urlBytesMax) else {
      throw .invalid(
        "the address is not an absolute http or https URL in ASCII, of at most "
          + "\(configuration.urlBytesMax) bytes, without user name")
    }
    if let fault = CurlEgressClient.fault(of: call) { throw .invalid(fault) }
    guard configuration.rules.allows(port: url.port) else { throw .destinationRefused }
    let stop = StopFlag()
    let ready = call
    let result = try? await withTaskCancellationHandler {
      try await pool.run { exchange(ready, answerBytesMax, stop) }
    } onCancel: {
      stop.set()
    }
    guard let result else { throw .unreachable("too many calls are made here at once") }
    return try result.get()
  }

  private func exchange(
    _ call: HTTPCall, _ answerBytesMax: Int, _ stop: StopFlag
  ) -> Result<EgressAnswer, EgressError> {
    // It may have waited for this thread.
    if stop.value { return .failure(.disconnected) }
    let limits = Transfer.Limits(
      headBytesMax: configuration.answerHeadBytesMax, bodyBytesMax: answerBytesMax,
      isBodyKept: true)
    guard let transfer = Transfer(call.url, rules: configuration.rules, limits: limits, stop: stop)
    else { return .failure(.unreachable("there is no memory to send with")) }
    transfer.set(CURLOPT_PROTOCOLS_STR, "http,https")
    transfer.setTimes(connect: configuration.connectWithin, silence: call.timeout)
    if let file = configuration.authoritiesFile { transfer.set(CURLOPT_CAINFO, file) }
    transfer.set(CURLOPT_USERAGENT, "Millrace")
    if !call.body.isEmpty || ["POST", "PUT", "PATCH"].contains(call.method) {
      transfer.setPosted(call.body)
    }
    if call.method == "HEAD" {
      transfer.set(CURLOPT_NOBODY, 1)
    } else {
      transfer.set(CURLOPT_CUSTOMREQUEST, call.method)
    }
    transfer.set(call.fields)
    return CurlEgressClient.result(of: transfer.perform())
  }

  /// Host, framing and connection belong to the client.
  private static let own = [
    "host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer",
    "te", "expect",
  ]

  private static func fault(of call: HTTPCall) -> String? {
    guard isToken(call.method) else { return "the method is no token" }
    for field in call.fields.fields {
      let isValue = field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
      if !isToken(field.name) || !isValue {
        return "a header field has bytes that do not belong there"
      }
    }
    return nil
  }

  /// RFC 9110 §5.6.2.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
          || (0x61...0x7a).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }

  private static func result(
    of outcome: Transfer.Outcome
  ) -> Result<EgressAnswer, EgressError> {
    if outcome.result == CURLE_OK {
      guard outcome.isHeadWhole else { return .failure(.disconnected) }
      return .success(EgressAnswer(status: outcome.status, body: outcome.body))
    }
    if outcome.socketsOpened == 0, outcome.socketsRefused > 0 {
      return .failure(.destinationRefused)
    }
    guard outcome.headBytesSent > 0 else { return .failure(unsent(outcome.result)) }
    if outcome.isTooLarge { return .failure(.tooLarge) }
    switch outcome.result {
    case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut)
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_BAD_CONTENT_ENCODING:
      return .failure(.malformed)
    default: return .failure(.disconnected)
    }
  }

  private static func unsent(_ result: CURLcode) -> EgressError {
    let note = DeliveryNote(webhook: result)
    switch note.code {
    case .invalid: return .invalid("the address is no usable http or https URL")
    case .nameNotFound: return .unreachable("its name has no address")
    case .tls: return .unreachable("there is no trusted connection to it")
    case .timedOut: return .unreachable("no connection was made in time")
    case .stopped: return .disconnected
    default: return .unreachable("nobody answers there")
    }
  }
}
