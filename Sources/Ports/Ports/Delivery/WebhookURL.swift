/// An address that webhooks and calls of tasks may be sent to, as far as its text tells: absolute,
/// `http` or `https`, ASCII, without user info and fragment. Where it leads is decided when a
/// connection is made.
public struct WebhookURL: Hashable, Sendable {
  public static let bytesMax = 2_048
  public static let rule =
    "an absolute http or https address in ASCII, at most 2048 bytes, without user name and fragment"

  public let text: String
  public let isSecure: Bool
  /// In lower case, without brackets.
  public let host: String
  public let port: Int

  public init?(_ text: String, bytesMax: Int = WebhookURL.bytesMax) {
    let bytes = Array(text.utf8)
    // What two readers could understand differently: blanks, controls, backslashes, quotes.
    let odd = Array("\\\"<>^`{|}#".utf8)
    guard bytes.count <= bytesMax,
      bytes.allSatisfy({ (0x21...0x7e).contains($0) && !odd.contains($0) })
    else { return nil }
    let lowered = text.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else {
      return nil
    }
    isSecure = scheme == "https://"
    let authority = lowered.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
    guard let (host, port) = WebhookURL.split(authority) else { return nil }
    self.text = text
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
  }

  /// What is limited together: one receiver's address.
  public var origin: String { "\(host):\(port)" }

  private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
    guard !authority.contains("@") else { return nil }
    var rest = authority
    let host: Substring
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
      // No zone ids: they name interfaces of this machine.
      guard host.contains(":"), host.utf8.allSatisfy(isAddressByte) else { return nil }
    } else {
      host = rest.prefix { $0 != ":" }
      rest = rest.dropFirst(host.count)
      guard host.utf8.allSatisfy(isHostByte) else { return nil }
    }
    guard (1...253).contains(host.utf8.count) else { return nil }
    if rest.isEmpty { return (String(host), nil) }
    let digits = rest.dropFirst()
    guard rest.first == ":", (1...5).contains(digits.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
      (1...65_535).contains(port)
    else { return nil }
    return (String(host), port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "-._".utf8.contains(byte)
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    (0x61...0x66).contains(byte) || (0x30...0x39).contains(byte) || ":.".utf8.contains(byte)
  }
}
