public import Domain
internal import Ports

/// What a caller must be allowed to do. Closed, compared by equality only.
public enum Permission: String, Hashable, Comparable, Sendable, CaseIterable {
  case workflowRead = "workflow:read"
  case workflowEdit = "workflow:edit"
  case runRead = "run:read"
  case runStart = "run:start"
  case runStop = "run:stop"
  case logRead = "log:read"

  public static func < (left: Permission, right: Permission) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// Who may use a route. There is no default: a route without a rule does not compile.
public enum Access: Hashable, Sendable {
  /// A closed set: health only.
  case anyone
  case allowed(Permission)
}

/// Who sent a request.
public struct Principal: Hashable, Sendable {
  public var name: String
  public var permissions: SortedSet<Permission>

  public init(name: String, permissions: SortedSet<Permission>) {
    self.name = name
    self.permissions = permissions
  }

  public func may(_ permission: Permission) -> Bool {
    permissions.contains(permission)
  }
}

/// Tells who sent a request by its credentials.
public protocol Authenticator: Sendable {
  /// - Parameter authorization: the values of the `Authorization` fields, usually one.
  /// - Throws: the problem that says why the credentials are not good.
  func principal(authorization: [String]) async throws(Problem) -> Principal
}

/// One token for one local user: what `millrace dev` signs its user in with.
public struct TokenAuthenticator: Authenticator {
  private let digest: [UInt8]
  private let hash: @Sendable ([UInt8]) -> [UInt8]
  private let owner: Principal

  /// - Parameter hash: a content hash; tokens are compared by their hashes, in constant time.
  public init(
    token: String, owner: Principal, hash: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) {
    digest = hash(Array(token.utf8))
    self.hash = hash
    self.owner = owner
  }

  public func principal(authorization: [String]) async throws(Problem) -> Principal {
    guard let value = authorization.first else {
      throw Problem.unauthenticated("no credentials were sent", error: nil)
    }
    guard authorization.count == 1 else {
      throw Problem.unauthenticated(
        "Authorization was sent more than once", error: "invalid_request")
    }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= 8_192 else {
      throw Problem.unauthenticated("Authorization is no bearer token", error: "invalid_request")
    }
    guard isSame(hash(Array(parts[1].utf8)), digest) else {
      throw Problem.unauthenticated("the token is not known", error: "invalid_token")
    }
    return owner
  }

  /// Looks at every byte whatever the first ones say.
  private func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for (left, right) in zip(one, other) { difference |= left ^ right }
    return difference == 0
  }
}

extension Problem {
  /// RFC 6750 §3: the challenge says what is wrong with the token.
  static func unauthenticated(_ why: String, error: String?) -> Problem {
    let challenge = error.map { "Bearer error=\"\($0)\"" } ?? "Bearer"
    return Problem(
      401, "not-signed-in", "\(why); sign in and send the token as `Authorization: Bearer …`",
      fields: [.init("WWW-Authenticate", challenge)])
  }
}
