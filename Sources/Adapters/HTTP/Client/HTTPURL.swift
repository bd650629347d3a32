internal import Ports

/// An absolute `http` URL, taken apart.
struct HTTPURL: Hashable, Sendable {
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
    guard scheme != "https" else {
      throw .unreachable("https URLs are not supported yet: use http, or a proxy that speaks TLS")
    }
    guard scheme == "http", text.utf8.dropFirst(4).starts(with: "://".utf8) else {
      throw .unreachable("not an absolute http URL")
    }
    let rest = text.dropFirst(7).prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    authority = String(rest[..<end])
    guard Authority.isValid(authority) else {
      throw .unreachable("the URL has no proper host; user and password do not belong into it")
    }
    (host, port) = try HTTPURL.split(authority)
    target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    do throws(HTTPRefusal) {
      var bytes = target
      bytes.makeContiguousUTF8()
      _ = try RequestTarget.parse(bytes.utf8.span, method: "GET")
    } catch {
      throw .unreachable("the URL has \(error.detail)")
    }
  }

  private static func split(_ authority: String) throws(HTTPError) -> (String, Int) {
    let afterHost: Substring
    let host: Substring
    if authority.hasPrefix("[") {
      host = authority.dropFirst().prefix { $0 != "]" }
      afterHost = authority.dropFirst(host.count + 2)
    } else {
      host = authority.prefix { $0 != ":" }
      afterHost = authority.dropFirst(host.count)
    }
    if afterHost.isEmpty { return (String(host), 80) }
    guard let port = Int(afterHost.dropFirst()), (1...65_535).contains(port) else {
      throw .unreachable("the URL has no proper port")
    }
    return (String(host), port)
  }
}
