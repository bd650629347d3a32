/// The parts of an absolute `http` URL.
struct HTTPTarget: Hashable {
  var address: String
  var path: String
  var query: String?

  /// Nil unless `url` is `http://host:port` with an optional path and query.
  init?(_ url: String) {
    let scheme = "http://"
    guard url.utf8.starts(with: scheme.utf8) else { return nil }
    let rest = url.dropFirst(scheme.count).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.isEmpty, !authority.contains("@") else { return nil }
    address = authority.contains(":") ? String(authority) : authority + ":80"
    let target = rest.dropFirst(authority.count)
    let path = target.prefix { $0 != "?" }
    self.path = path.isEmpty ? "/" : String(path)
    query = path.endIndex < target.endIndex ? String(target[path.endIndex...].dropFirst()) : nil
  }
}
