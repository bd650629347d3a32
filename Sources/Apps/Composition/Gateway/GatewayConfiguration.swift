/// What a gateway of an installation listens on, sends to, and allows.
public struct GatewayConfiguration: Sendable {
  /// Where clients come in.
  public var listen = "0.0.0.0:8080"
  /// Where the gateway itself is looked into and stopped: never reachable from outside.
  public var admin = "127.0.0.1:9901"
  /// Where services listen: `host:port` by service.
  public var peers: [ServiceName: [String]] = [:]
  /// The file with what the gateway proves itself by, as `admin gateway-token` prints it.
  public var tokenFile = "/run/secrets/millrace-gateway-token"
  /// What the gateway shows to services, and the authority that theirs come from; nil for
  /// connections in the clear.
  public var tls: TLS?
  /// What the gateway shows to clients; nil where something else in front of it does.
  public var edge: Edge?
  /// A folder with what `admin gateway-certificates` writes: certificates are then read anew when
  /// they change; nil reads them once.
  public var certificatesFolder: String?
  /// Takes spans by OTLP over gRPC; nil for none.
  public var traces: String?
  /// Of a million requests that no client has placed in a trace, how many begin one that is
  /// recorded.
  public var tracesMillionths = 100_000
  /// Proxies in front of the gateway whose word for the client's address is taken.
  public var trustedHops = 0
  /// Of all clients together, at each process of the gateway; more get 429.
  public var requestsPerSecondMax = 2_000
  /// Of these, signing in, registering and refreshing.
  public var signInsPerSecondMax = 20
  /// How long identity and access may take to judge one request; then it is refused with 503.
  public var authorizationMillisecondsMax = 250
  /// How long an answer may take as a whole, but for streams and contents.
  public var answerSecondsMax = 15
  /// How long a stream or a content may stand still.
  public var stallSecondsMax = 60
  public var connectionsMax = 10_000
  public var heapBytesMax = 1_073_741_824

  public init() {}

  /// Files of PEM.
  public struct TLS: Sendable {
    public var certificate: String
    public var key: String
    public var authority: String

    public init(certificate: String, key: String, authority: String) {
      self.certificate = certificate
      self.key = key
      self.authority = authority
    }
  }

  /// Files of PEM.
  public struct Edge: Sendable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// Services that a gateway sends requests of clients to.
  static let services: [ServiceName] = [.iam, .workflow, .metadata, .notification, .artifact]

  func check() throws(StartFailure) {
    for service in GatewayConfiguration.services where peers[service]?.isEmpty ?? true {
      throw StartFailure(
        "nobody knows where \(service.rawValue) listens",
        hint: "--peer \(service.rawValue)=HOST:PORT")
    }
    for address in peers.values.joined() + [listen, admin] + (traces.map { [$0] } ?? []) {
      guard GatewayConfiguration.parts(of: address) != nil else {
        throw StartFailure("'\(address)' is no address", hint: "write HOST:PORT")
      }
    }
    try checkFiles()
  }

  func checkFiles() throws(StartFailure) {
    let files =
      [tokenFile] + (tls.map { [$0.certificate, $0.key, $0.authority] } ?? [])
      + (edge.map { [$0.certificate, $0.key] } ?? []) + (certificatesFolder.map { [$0] } ?? [])
    for file in files {
      // They end up between quotation marks.
      guard !file.isEmpty,
        file.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
      else { throw StartFailure("'\(file)' is no path", hint: "name a file") }
    }
  }

  /// Host and port, in what letters they may have: they end up in a file that others read.
  static func parts(of address: String) -> (host: String, port: Int)? {
    guard let colon = address.lastIndex(of: ":"),
      let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port)
    else { return nil }
    var host = address[..<colon]
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    let isName = host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
    return isName && (1...253).contains(host.utf8.count) ? (String(host), port) : nil
  }
}
