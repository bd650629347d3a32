public import Domain

/// Who may use which route of the platform, written out by hand and apart from the routes: a route
/// that is not here fails the tests, and so does a rule that differs.
public enum AccessPolicy {
  private typealias Rule = AuthorizationMatrix.Rule

  public static let everything = AuthorizationMatrix.Policy(
    Array(identity) + Array(health) + Array(documents) + Array(workflows) + Array(history)
      + Array(artifacts)
      + Array(notifications))

  public static let health = AuthorizationMatrix.Policy(
    ["GET /livez", "GET /readyz", "GET /healthz"].map { ($0, .anyone) })

  /// What describes the interface tells nothing about what is kept behind it.
  public static let documents = AuthorizationMatrix.Policy([
    ("GET /metrics", .signedIn),
    ("GET /v1/openapi.json", .anyone), ("GET /v1/workflow.schema.json", .anyone),
  ])

  public static let identity = AuthorizationMatrix.Policy(
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
      ("GET /v1/namespaces/{namespace}/secrets", .namespace(.secretList)),
      ("GET /v1/namespaces/{namespace}/secrets/{secret}", .namespace(.secretList)),
      ("PUT /v1/namespaces/{namespace}/secrets/{secret}", .namespace(.secretWrite)),
      ("DELETE /v1/namespaces/{namespace}/secrets/{secret}", .namespace(.secretWrite)),
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

  public static let workflows = AuthorizationMatrix.Policy([
    ("POST /v1/workflows", .namespace(.workflowEdit)),
    ("GET /v1/workflows", .namespace(.workflowRead)),
    ("GET /v1/workflows/{namespace}/{workflow}", .namespace(.workflowRead)),
    ("GET /v1/workflows/{namespace}/{workflow}/versions", .namespace(.workflowRead)),
    ("GET /v1/workflows/{namespace}/{workflow}/source", .namespace(.workflowRead)),
    ("DELETE /v1/workflows/{namespace}/{workflow}", .namespace(.workflowEdit)),
    ("POST /v1/runs", .namespace(.runStart)), ("GET /v1/runs", .namespace(.runRead)),
    ("GET /v1/runs/{run}", .namespace(.runRead)),
    ("GET /v1/runs/{run}/tasks", .namespace(.runRead)),
    ("GET /v1/runs/{run}/explain", .namespace(.runRead)),
    ("GET /v1/runs/{run}/events", .namespace(.runRead)),
    ("POST /v1/runs/{run}/cancel", .namespace(.runStop)),
    ("POST /v1/runs/{run}/kill", .namespace(.runStop)),
    ("POST /v1/runs/{run}/pause", .namespace(.runChange)),
    ("POST /v1/runs/{run}/resume", .namespace(.runChange)),
    ("POST /v1/runs/{run}/rerun", .namespace(.runStart)),
    ("POST /v1/runs/rerun", .namespace(.runStart)),
    ("POST /v1/runs/{run}/tasks/{task}/skip", .namespace(.runChange)),
    ("POST /v1/runs/{run}/tasks/{task}/state", .namespace(.runChange)),
  ])

  public static let history = AuthorizationMatrix.Policy([
    ("GET /v1/workflows/{namespace}/{workflow}/summary", .namespace(.runRead)),
    ("GET /v1/jobs", .namespace(.runRead)), ("GET /v1/jobs/{run}", .namespace(.runRead)),
    ("GET /v1/jobs/{run}/tasks", .namespace(.runRead)),
    ("GET /v1/runs/{run}/logs", .namespace(.logRead)),
    ("GET /v1/runs/{run}/tasks/{task}/logs", .namespace(.logRead)),
    ("GET /v1/runs/{run}/tasks/{task}/attempts/{attempt}/logs", .namespace(.logRead)),
  ])

  /// Links carry a signature of their own.
  public static let artifacts = AuthorizationMatrix.Policy([
    ("GET /v1/links/{artifact}", .anyone), ("PUT /v1/links/{artifact}", .anyone),
    ("GET /v1/artifacts", .namespace(.artifactRead)),
    ("GET /v1/artifacts/{artifact}", .namespace(.artifactRead)),
    ("GET /v1/artifacts/{artifact}/content", .namespace(.artifactRead)),
    ("GET /v1/runs/{run}/artifacts", .namespace(.artifactRead)),
    ("POST /v1/artifacts/{artifact}/download-link", .namespace(.artifactRead)),
    ("POST /v1/artifacts/{artifact}/upload-link", .namespace(.artifactWrite)),
    ("POST /v1/artifacts", .namespace(.artifactWrite)),
    ("PUT /v1/runs/{run}/artifacts/{name}", .namespace(.artifactWrite)),
    ("PUT /v1/artifacts/{artifact}/content", .namespace(.artifactWrite)),
    ("PUT /v1/artifacts/{artifact}/parts/{part}", .namespace(.artifactWrite)),
    ("POST /v1/artifacts/{artifact}/complete", .namespace(.artifactWrite)),
    ("DELETE /v1/artifacts/{artifact}", .namespace(.artifactWrite)),
  ])

  public static let notifications = AuthorizationMatrix.Policy(
    [
      ("GET ", "subscriptions", Permission.notificationRead),
      ("POST ", "subscriptions", .notificationEdit),
      ("GET ", "subscriptions/{subscription}", .notificationRead),
      ("PATCH ", "subscriptions/{subscription}", .notificationEdit),
      ("DELETE ", "subscriptions/{subscription}", .notificationEdit),
      ("POST ", "subscriptions/{subscription}/rotate", .notificationEdit),
      ("POST ", "subscriptions/{subscription}/test", .notificationEdit),
      ("POST ", "subscriptions/{subscription}/pause", .notificationEdit),
      ("POST ", "subscriptions/{subscription}/resume", .notificationEdit),
      ("GET ", "deliveries", .notificationRead),
      ("GET ", "deliveries/{delivery}", .notificationRead),
      ("POST ", "deliveries/{delivery}/redeliver", .notificationEdit),
    ].map { method, rest, permission in
      (method + "/v1/notifications/" + rest, Rule.namespace(permission))
    })
}
