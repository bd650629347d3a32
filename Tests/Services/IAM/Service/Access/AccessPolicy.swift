import Domain

/// Who may use which route, written out once more by hand: a route that is not here fails the
/// tests, and so does a rule that differs.
enum AccessPolicy {
  enum Rule: Hashable, Sendable {
    case anyone
    case signedIn
    case installation(Permission)
    case namespace(Permission)
  }

  static let rules: SortedMap<String, Rule> = SortedMap(
    [
      ("POST /v1/auth/register", .anyone), ("POST /v1/auth/login", .anyone),
      ("POST /v1/auth/refresh", .anyone), ("GET /.well-known/jwks.json", .anyone),
      ("POST /v1/auth/logout", .signedIn), ("GET /v1/auth/whoami", .signedIn),
      ("POST /v1/auth/password", .signedIn), ("GET /v1/auth/tokens", .signedIn),
      ("POST /v1/auth/tokens", .signedIn), ("DELETE /v1/auth/tokens/{token}", .signedIn),
      ("GET /v1/roles", .signedIn), ("GET /v1/namespaces", .signedIn),
    ] + installation + namespaces)

  private static let installation: [(String, Rule)] = [
    ("GET /v1/users", .installation(.userRead)), ("POST /v1/users", .installation(.userEdit)),
    ("GET /v1/users/{user}", .installation(.userRead)),
    ("POST /v1/users/{user}/disable", .installation(.userEdit)),
    ("POST /v1/users/{user}/enable", .installation(.userEdit)),
    ("POST /v1/users/{user}/logout", .installation(.userEdit)),
    ("POST /v1/users/{user}/password", .installation(.userEdit)),
    ("POST /v1/invitations", .installation(.userEdit)),
    ("DELETE /v1/invitations/{invitation}", .installation(.userEdit)),
    ("GET /v1/grants", .installation(.grantRead)),
    ("PUT /v1/grants/{subject}", .installation(.grantEdit)),
    ("DELETE /v1/grants/{subject}", .installation(.grantEdit)),
    ("POST /v1/namespaces", .installation(.namespaceEdit)),
    ("POST /v1/keys/rotate", .installation(.keyRotate)),
    ("GET /v1/audit", .installation(.auditRead)),
  ]

  private static let namespaces: [(String, Rule)] =
    [
      ("GET /v1/namespaces/{namespace}", .namespace(.namespaceRead)),
      ("GET /v1/namespaces/{namespace}/grants", .namespace(.grantRead)),
      ("PUT /v1/namespaces/{namespace}/grants/{subject}", .namespace(.grantEdit)),
      ("DELETE /v1/namespaces/{namespace}/grants/{subject}", .namespace(.grantEdit)),
      ("GET /v1/namespaces/{namespace}/audit", .namespace(.auditRead)),
    ]
    + [
      ("GET ", "", Permission.accountRead), ("POST ", "", .accountEdit),
      ("GET ", "/{account}", .accountRead), ("POST ", "/{account}/disable", .accountEdit),
      ("POST ", "/{account}/enable", .accountEdit), ("GET ", "/{account}/tokens", .accountRead),
      ("POST ", "/{account}/tokens", .accountEdit),
      ("DELETE ", "/{account}/tokens/{token}", .accountEdit),
    ].map { method, rest, permission in
      (method + "/v1/namespaces/{namespace}/service-accounts" + rest, .namespace(permission))
    }

  /// The least role that opens a route.
  static func leastRole(for permission: Permission) -> Role? {
    Role.allCases.first { $0.permissions.contains(permission) }
  }
}
