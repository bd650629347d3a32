/// A setting that cannot be used, and how to write it. Never holds a secret.
public struct S3ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

extension S3Configuration {
  /// Reads where the store is from one line:
  ///
  ///     https://host:port/bucket/prefix?region=eu-central-1&style=host&ca=/etc/ssl/own.pem
  ///
  /// Port, prefix and query may be left out: the region is then `us-east-1`, and the bucket stands
  /// in the path (`style=path`).
  ///
  /// - Parameter credentials: nil when they stand in the URL before the host, percent-encoded, as
  ///   in `http://key:secret@127.0.0.1:8333/bucket`.
  public init(
    url: String, credentials: S3Credentials? = nil
  ) throws(S3ConfigurationError) {
    var rest = Substring(url)
    if let prefix = ["https://", "http://"].first(where: { rest.hasPrefix($0) }) {
      isSecure = prefix == "https://"
      rest = rest.dropFirst(prefix.count)
    } else {
      throw S3ConfigurationError.wrong("begins with https:// or http://")
    }
    guard !rest.contains("#") else { throw S3ConfigurationError.wrong("has no #") }
    let (place, query) = rest.cut(at: "?")
    let (authority, path) = place.cut(at: "/")
    let (user, address) = authority.contains("@") ? authority.cut(at: "@") : ("", authority)
    guard !address.contains("@") else {
      throw S3ConfigurationError.wrong("has one @; another one is written as %40")
    }
    self.credentials = try S3Configuration.credentials(credentials, inURL: user)
    (host, port) = try S3Configuration.host(address)
    (bucket, prefix) = try S3Configuration.bucket(path)
    (region, addressing, authoritiesFile) = ("us-east-1", .path, nil)
    for setting in query.split(separator: "&") { try read(setting) }
    if addressing == .virtualHost, isSecure, bucket.contains(".") {
      throw S3ConfigurationError(
        description: "no certificate fits a bucket with a dot in its name: say style=path")
    }
  }

  private mutating func read(_ setting: Substring) throws(S3ConfigurationError) {
    let (name, encoded) = setting.cut(at: "=")
    guard let value = PercentEncoding.decoded(encoded), !value.isEmpty else {
      throw S3ConfigurationError.wrong("gives \(name) a value")
    }
    switch name {
    case "region":
      guard value.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }) else {
        throw S3ConfigurationError.wrong("names a region as us-east-1")
      }
      region = value
    case "style":
      guard let addressing = Addressing(rawValue: value) else {
        throw S3ConfigurationError.wrong("says style=path or style=host")
      }
      self.addressing = addressing
    case "ca": authoritiesFile = value
    default: throw S3ConfigurationError.wrong("has no setting but region, style and ca: \(name)")
    }
  }

  private static func credentials(
    _ given: S3Credentials?, inURL user: Substring
  ) throws(S3ConfigurationError) -> S3Credentials {
    let (key, secret) = user.cut(at: ":")
    let credentials: S3Credentials
    if let given {
      guard user.isEmpty else {
        throw S3ConfigurationError.wrong("has no credentials when these are given beside it")
      }
      credentials = given
    } else {
      guard let key = PercentEncoding.decoded(key), let secret = PercentEncoding.decoded(secret)
      else { throw S3ConfigurationError.wrong("has credentials that are percent-encoded") }
      credentials = S3Credentials(accessKey: key, secretKey: secret)
    }
    guard !credentials.accessKey.isEmpty, !credentials.secretKey.isEmpty else {
      throw S3ConfigurationError(
        description: "there are no credentials: give an access key and a secret key")
    }
    // They become a field of requests.
    let sent = credentials.accessKey + (credentials.sessionToken ?? "")
    guard sent.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw S3ConfigurationError(
        description: "access key and session token are printable ASCII without blanks")
    }
    return credentials
  }

  private static func host(
    _ address: Substring
  ) throws(S3ConfigurationError) -> (host: String, port: Int?) {
    var (host, port): (Substring, Substring?) = (address, nil)
    if let colon = address.lastIndex(of: ":"), !address.hasSuffix("]") {
      (host, port) = (address[..<colon], address[address.index(after: colon)...])
    }
    let isName = host.utf8.allSatisfy {
      $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    let isSixth =
      host.hasPrefix("[") && host.hasSuffix("]")
      && host.dropFirst().dropLast().utf8.allSatisfy {
        $0.isLetterOrDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
      }
    guard !host.isEmpty, isName || isSixth else {
      throw S3ConfigurationError.wrong("names a host by letters, digits, - and .")
    }
    guard let port else { return (host.lowercased(), nil) }
    guard let number = Int(port), (1...65_535).contains(number) else {
      throw S3ConfigurationError.wrong("has a port from 1 to 65535")
    }
    return (host.lowercased(), number)
  }

  private static func bucket(
    _ path: Substring
  ) throws(S3ConfigurationError) -> (bucket: String, prefix: String) {
    let (bucket, rest) = path.cut(at: "/")
    let isName = bucket.utf8.allSatisfy {
      $0.isLetterOrDigit && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    guard (3...63).contains(bucket.utf8.count), isName else {
      throw S3ConfigurationError.wrong(
        "names a bucket of 3 to 63 small letters, digits, - and . behind the host")
    }
    let segments = rest.split(separator: "/")
    let isPlain = segments.allSatisfy { segment in
      segment != "." && segment != ".."
        && segment.utf8.allSatisfy {
          $0.isLetterOrDigit || [UInt8]("-._".utf8).contains($0)
        }
    }
    guard isPlain, rest.utf8.count <= 256 else {
      throw S3ConfigurationError.wrong(
        "has a prefix of at most 256 letters, digits, - . _ and / behind the bucket")
    }
    return (String(bucket), segments.map { "\($0)/" }.joined())
  }
}

extension S3ConfigurationError {
  fileprivate static func wrong(_ rule: String) -> S3ConfigurationError {
    S3ConfigurationError(
      description: "the address of the object store \(rule), as in "
        + "https://s3.example.com/bucket?region=us-east-1")
  }
}

extension Substring {
  /// What stands before the first such character, and what behind it.
  fileprivate func cut(at character: Character) -> (Substring, Substring) {
    guard let place = firstIndex(of: character) else { return (self, "") }
    return (self[..<place], self[index(after: place)...])
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
