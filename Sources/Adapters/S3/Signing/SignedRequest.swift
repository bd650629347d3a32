/// What of a request is signed.
struct SignableRequest {
  var method: String
  /// Not encoded; begins with a slash.
  var path: String
  /// Not encoded, in any order.
  var query: [(name: String, value: String)]
  /// Names in lower case; `host` is one of them.
  var fields: [(name: String, value: String)]
}

/// The instant of a signature, in the two forms that signatures write it in.
struct SigningTime {
  /// As in `20130524T000000Z`.
  let second: String
  /// As in `20130524`.
  var day: String { String(second.prefix(8)) }
}
