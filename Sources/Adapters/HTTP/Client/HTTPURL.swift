internal import Ports

/// An absolute `http` or `https` URL, taken apart.
struct HTTPURL: Hashable, Sendable {
  var isSecure: Bool
  /// What is looked up: a name or an address without brackets.
  var host: String
  var port: Int
  /// What the Host field says.
  var authority: String
  /// Path and query as they are sent.
  var target: String

  private static let bytesMax = 8_192

  /// - Throws: `.unreachable` with what is wrong.
  init(_ text: String) throws(HTTPError) {
    guard text.utf8.count <= HTTPURL.bytesMax else { throw .unreachable("the URL is too long") }
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard ["http", "https"].contains(scheme),
      text.utf8.dropFirst(scheme.utf8.count).starts(with: "://".utf8)
    else { throw .unreachable("not an absolute http or https URL") }
    isSecure = scheme == "https"
    let rest = text.dropFirst(scheme.count + 3).prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    authority = String(rest[..<end])
    guard Authority.isValid(authority) else {
      throw .unreachable("the URL has no proper host; user and password do not belong into it")
    }
    (host, port) = try HTTPURL.split(authority, portByItself: isSecure ? 443 : 80)
    target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    do throws(HTTPRefusal) {
      var bytes = target
      bytes.makeContiguousUTF8()
      _ = try RequestTarget.parse(bytes.utf8.span, method: "GET")
    } catch {
      throw .unreachable("the URL has \(error.detail)")
    }
  }

  private static func split(
    _ authority: String, portByItself: Int
  ) throws(HTTPError) -> (String, Int) {
    let afterHost: Substring
    let host: Substring
    if authority.hasPrefix("[") {
      host = authority.dropFirst().prefix { $0 != "]" }
      afterHost = authority.dropFirst(host.count + 2)
    } else {
      host = authority.prefix { $0 != ":" }
      afterHost = authority.dropFirst(host.count)
    }
    if afterHost.isEmpty { return (String(host), portByItself) }
    guard let port = Int(afterHost.dropFirst()), (1...65_535).contains(port) else {
      throw .unreachable("the URL has no proper port")
    }
    return (String(host), port)
  }
}
