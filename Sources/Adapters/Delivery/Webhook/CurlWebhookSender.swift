internal import CCurl
public import Ports
public import SystemAdapter

/// Limits of a sender of webhooks. Validated once at start.
public struct WebhookSenderConfiguration: Sendable {
  public var rules: EgressRules
  public var connectWithin: Duration = .seconds(5)
  /// Of the whole exchange.
  public var answerWithin: Duration = .seconds(15)
  /// Of an answer: what follows is not read.
  public var answerHeadBytesMax: Int = 64 << 10
  public var answerBodyBytesMax: Int = 64 << 10
  /// Certificates to trust, as a file in PEM; nil for those of the system.
  public var authoritiesFile: String?

  public init(rules: EgressRules = .public) {
    self.rules = rules
  }
}

/// Posts webhooks with libcurl, on the threads of a pool (decision 6).
public struct CurlWebhookSender: WebhookSender {
  private let configuration: WebhookSenderConfiguration
  private let pool: BlockingPool

  /// - Parameter pool: has a thread for each message that shall be on its way at once.
  public init(_ configuration: WebhookSenderConfiguration, on pool: BlockingPool) {
    self.configuration = configuration
    self.pool = pool
  }

  public func send(_ message: WebhookMessage) async -> DeliveryReply {
    if let fault = message.fault { return .refused(DeliveryNote(.invalid, fault)) }
    guard let url = WebhookURL(message.url), configuration.rules.allows(port: url.port) else {
      return .refused(.forbidden)
    }
    let stop = StopFlag()
    do {
      let reply = try await withTaskCancellationHandler {
        try await pool.run { exchange(message, stop) }
      } onCancel: {
        stop.set()
      }
      return reply
    } catch {
      return .temporary(DeliveryNote(.stopped, "too much is being sent here at once"))
    }
  }

  private func exchange(_ message: WebhookMessage, _ stop: StopFlag) -> DeliveryReply {
    let limits = Transfer.Limits(
      headBytesMax: configuration.answerHeadBytesMax,
      bodyBytesMax: configuration.answerBodyBytesMax)
    guard
      let transfer = Transfer(
        message.url, rules: configuration.rules, limits: limits, stop: stop)
    else { return .temporary(DeliveryNote(.stopped, "there is no memory to send with")) }
    transfer.set(CURLOPT_PROTOCOLS_STR, "http,https")
    transfer.setTimes(connect: configuration.connectWithin, whole: configuration.answerWithin)
    if let file = configuration.authoritiesFile { transfer.set(CURLOPT_CAINFO, file) }
    transfer.set(CURLOPT_USERAGENT, "Millrace")
    transfer.setPosted(message.body)
    transfer.set(message.fields)
    return DeliveryReply(transfer.perform())
  }
}

extension DeliveryNote {
  /// One sentence whatever was refused and why, so that nobody maps our network with it.
  static let forbidden = DeliveryNote(
    .destinationRefused, "the address leads to where this installation does not send to")
}

extension DeliveryReply {
  init(_ outcome: Transfer.Outcome) {
    if outcome.status >= 200 {
      self.init(status: outcome.status, retryAfter: outcome.retryAfter)
    } else if outcome.socketsOpened == 0, outcome.socketsRefused > 0 {
      self = .refused(.forbidden)
    } else {
      let note = DeliveryNote(webhook: outcome.result)
      if outcome.headBytesSent > 0 {
        // An answer that is not HTTP at all is an unsupported protocol to libcurl.
        self = .outcomeUnknown(note.code == .invalid ? .noAnswer : note)
      } else {
        self = note.code == .invalid ? .refused(note) : .temporary(note)
      }
    }
  }

  private init(status: Int, retryAfter: Int) {
    let wait: Duration? = retryAfter > 0 ? .seconds(retryAfter) : nil
    switch status {
    case 200...299:
      self = .delivered(DeliveryNote(.accepted, "the receiver took it", status: status))
    case 300...399:
      self = .temporary(
        DeliveryNote(
          .redirected, "the receiver points elsewhere, which is not followed", status: status),
        retryAfter: wait)
    case 410:
      self = .refused(
        DeliveryNote(.gone, "the receiver wants nothing any more", status: status))
    case 429, 503:
      self = .temporary(
        DeliveryNote(.busy, "the receiver cannot take it now", status: status), retryAfter: wait)
    default:
      self = .temporary(
        DeliveryNote(.status, "the receiver answered with status \(status)", status: status),
        retryAfter: wait)
    }
  }
}

extension DeliveryNote {
  static let noAnswer = DeliveryNote(
    .malformed, "the receiver sent something that is no answer")

  init(webhook result: CURLcode) {
    switch result {
    case CURLE_COULDNT_RESOLVE_HOST:
      self.init(.nameNotFound, "the name of the receiver has no address")
    case CURLE_COULDNT_CONNECT:
      self.init(.unreachable, "no connection to the receiver was made")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      self.init(.tls, "no trusted connection to the receiver was made")
    case CURLE_OPERATION_TIMEDOUT:
      self.init(.timedOut, "the receiver did not answer in time")
    case CURLE_ABORTED_BY_CALLBACK:
      self.init(.stopped, "sending was stopped before there was an answer")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
      self.init(.invalid, "the address is no usable http or https URL")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WRITE_ERROR,
      CURLE_BAD_CONTENT_ENCODING, CURLE_OK:
      self = .noAnswer
    default:
      self.init(.disconnected, "the connection ended before there was an answer")
    }
  }
}
