public import Domain
internal import Ports

/// Who may use a route. There is no default: a route without a rule does not compile.
public enum Access: Hashable, Sendable {
  /// A closed set: health, signing in, public keys.
  case anyone
  /// Whoever is signed in, whatever they may do: only for what concerns nobody but the caller.
  case signedIn
  /// Who holds the permission where the request goes.
  case allowed(Permission, in: NamespacePlace = .unnamed)
}

/// How a route says which namespace a request goes to, so that its permission is checked there.
public enum NamespacePlace: Hashable, Sendable {
  /// The segment `{namespace}` of its path. Found by itself when the template has one.
  case path
  /// The parameter `namespace`, which stands for `default` when it is not sent. Found by itself
  /// when the route knows such a parameter.
  case query
  /// In the body, or in the object that the path names: the handler calls
  /// `RouteRequest.authorize(in:)` before it tells or does anything. One that answers without
  /// having done so is answered with an error instead.
  case content
  /// None: the permission must be held in the whole installation.
  case installation
  /// The route does not say. As long as it does not, it is closed to everybody who does not hold
  /// the permission in the whole installation.
  case unnamed
}

/// Who sent a request, and what they may do where.
public struct Principal: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case user
    case serviceAccount = "service-account"
    /// The user of a process that signs its own user in.
    case local
    /// Nobody: on routes that are open to anyone.
    case nobody
  }

  /// Stable and never given to anybody else; names may be given anew.
  public var id: String
  public var kind: Kind
  public var name: String
  /// What is held in the whole installation, and so in every namespace.
  public var permissions: SortedSet<Permission>
  /// What is held in single namespaces besides.
  public var namespaces: SortedMap<NamespaceName, SortedSet<Permission>>
  /// The sign-in that the credentials came from; empty for all others.
  public var signIn = ""

  public init(
    id: String, kind: Kind, name: String, permissions: SortedSet<Permission> = [],
    namespaces: SortedMap<NamespaceName, SortedSet<Permission>> = [:]
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.permissions = permissions
    self.namespaces = namespaces
  }

  /// The local user, with permissions in the whole installation.
  public init(name: String, permissions: SortedSet<Permission>) {
    self.init(id: "local", kind: .local, name: name, permissions: permissions)
  }

  public static let anyone = Principal(id: "", kind: .nobody, name: "anyone")

  /// In the whole installation.
  public func may(_ permission: Permission) -> Bool {
    permissions.contains(permission)
  }

  public func may(_ permission: Permission, in namespace: NamespaceName) -> Bool {
    permissions.contains(permission) || namespaces[namespace]?.contains(permission) == true
  }

  /// In any namespace at all.
  public func mayAnywhere(_ permission: Permission) -> Bool {
    permissions.contains(permission) || namespaces.values.contains { $0.contains(permission) }
  }

  /// Whether the namespace is any of its business. To everybody else it does not exist.
  public func knows(_ namespace: NamespaceName) -> Bool {
    !permissions.isEmpty || namespaces[namespace]?.isEmpty == false
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
    let token = try BearerToken(authorization: authorization)
    guard ConstantTime.isEqual(hash(Array(token.text.utf8)), digest) else {
      throw Problem.unauthenticated("the token is not known", error: "invalid_token")
    }
    return owner
  }
}
