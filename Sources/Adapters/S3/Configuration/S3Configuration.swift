/// Where an object store that speaks S3 is, and the limits of its use. Validated once at start.
public struct S3Configuration: Sendable {
  /// Where the bucket stands in an address.
  public enum Addressing: String, Hashable, Sendable {
    /// `https://host/bucket/key`: what most servers beside Amazon's want.
    case path
    /// `https://bucket.host/key`.
    case virtualHost = "host"
  }

  public var isSecure: Bool
  /// A name or an address; IPv6 addresses stand in brackets.
  public var host: String
  /// Nil for the usual one of the protocol.
  public var port: Int?
  public var bucket: String
  /// Before every name in the bucket: empty, or ends with a slash. Nothing else may change what is
  /// below it.
  public var prefix: String
  public var region: String
  public var credentials: S3Credentials
  public var addressing: Addressing
  /// Certificates to trust, as a file in PEM; nil for those of the system.
  public var authoritiesFile: String?

  public var connectWithin: Duration = .seconds(5)
  /// From the beginning of one request to the end of its answer.
  public var answerWithin: Duration = .seconds(60)
  /// How long a request may wait for a place among `requestsMax`.
  public var placeWithin: Duration = .seconds(30)
  /// Requests at once, and so connections.
  public var requestsMax: Int = 16
  /// How long a connection that nobody uses is kept. Servers and what stands before them drop it
  /// silently after a minute or more, and a request on it would be lost.
  public var idleConnectionLives: Duration = .seconds(50)
  /// Requests that may wait for a place; more are refused as `.unavailable`.
  public var waitingMax: Int = 1_000
  /// Tries of a request that may be repeated, the first one included.
  public var triesMax: Int = 4
  /// The wait before the second try; it doubles, up to `retryWaitMax`, and is cut short at random.
  public var retryWait: Duration = .milliseconds(100)
  public var retryWaitMax: Duration = .seconds(3)

  /// Bytes of one object.
  public var objectBytesMax: Int64 = 5 << 30
  /// Bytes that one call hands over or reads.
  public var callBytesMax: Int = 64 << 20
  /// Parts of one upload; S3 has no more than 10,000.
  public var partsMax: Int = 10_000
  /// From this size on, parts go straight into an upload of S3, which wants 5 MiB.
  public var directPartBytesMin: Int = 5 << 20
  /// Bytes of a part that is put together of small ones.
  public var mergedPartBytes: Int = 8 << 20
  /// Uploads whose digest is computed while their parts come.
  public var runningDigestsMax: Int = 256
  /// Bytes of parts of all uploads that wait for such a digest until those in front of them come.
  public var earlyPartBytesMax: Int = 64 << 20
  /// Requests at once of one call or one sweep.
  public var fanOutMax: Int = 8

  /// Bytes of the head of an answer, and fields in it.
  public var answerHeadBytesMax: Int = 64 << 10
  public var answerFieldsMax: Int = 200
  /// Bytes of an answer that is no content: a list or an error.
  public var documentBytesMax: Int = 4 << 20
  /// Names in one page of a list.
  public var pageNamesMax: Int = 1_000

  /// After this, uploads are removed by `sweep`, and what is left of interrupted writes. Counted
  /// from when an upload was begun or completed: longer than any upload takes.
  public var abandonedAfter: Duration = .seconds(24 * 3_600)
  /// How long links may live that others upload with, and that others download with.
  public var putLinkLivesMax: Duration = .seconds(900)
  public var getLinkLivesMax: Duration = .seconds(300)
}

extension S3Configuration {
  /// The field `Host`; part of every signature.
  var hostField: String {
    let name = addressing == .virtualHost ? "\(bucket).\(host)" : host
    guard let port, port != (isSecure ? 443 : 80) else { return name }
    return "\(name):\(port)"
  }

  var origin: String { "\(isSecure ? "https" : "http")://\(hostField)" }

  /// The path of a name in the bucket, not encoded; of the bucket itself when it is empty.
  func path(_ name: String) -> String {
    addressing == .virtualHost ? "/\(name)" : name.isEmpty ? "/\(bucket)" : "/\(bucket)/\(name)"
  }
}
