internal import Domain
internal import Ports

/// The token of an `Authorization` field (RFC 6750 §2.1), not judged yet.
public struct BearerToken: Hashable, Sendable {
  public static let bytesMax = 8_192

  public let text: String

  /// - Parameter authorization: the values of all fields of that name. One that is repeated is
  ///   refused: it would be read differently by different readers.
  public init(authorization: [String]) throws(Problem) {
    guard let value = authorization.first else {
      throw Problem.unauthenticated("no credentials were sent", error: nil)
    }
    guard authorization.count == 1 else {
      throw Problem.unauthenticated(
        "Authorization was sent more than once", error: "invalid_request")
    }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer",
      parts[1].utf8.count <= BearerToken.bytesMax
    else {
      throw Problem.unauthenticated("Authorization is no bearer token", error: "invalid_request")
    }
    text = String(parts[1])
  }
}

extension Problem {
  /// RFC 6750 §3: the challenge says what is wrong with the token.
  public static func unauthenticated(_ why: String, error: String?) -> Problem {
    let challenge = error.map { "Bearer error=\"\($0)\"" } ?? "Bearer"
    return Problem(
      401, "not-signed-in", "\(why); sign in and send the token as `Authorization: Bearer …`",
      fields: [.init("WWW-Authenticate", challenge)])
  }

  /// Known, and not allowed.
  static func forbidden(_ name: String, _ permission: Permission, _ place: String) -> Problem {
    Problem(
      403, "forbidden",
      "\(name) lacks the permission \(permission.rawValue)\(place); "
        + "ask somebody who can grant roles there")
  }
}
