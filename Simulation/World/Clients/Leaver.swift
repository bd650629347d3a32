internal import Domain
internal import SimulationKit
internal import SimulationOracles

/// A user who signs out again and again, and whose tokens others try to use later.
struct Leaver: Sendable {
  let client: Client
  let random: WorldRandom
  /// How long after a token was taken back it may still be good somewhere.
  let trustedFor: Duration

  private static let signInsMax = 6

  func live() async {
    for _ in 0..<Leaver.signInsMax {
      await client.rest(random.length(in: .seconds(1)...(.seconds(20))))
      guard await client.insist(Leaver.look(.workflow), .other("look around")) != nil,
        let token = await client.signOut()
      else { continue }
      await client.rest(trustedFor + .milliseconds(1))
      let thief = Client(holding: token, of: client)
      for role in [Role.workflow, .metadata, .notification, .iam] {
        _ = await thief.send(Leaver.look(role), .other("use what is void"))
      }
    }
  }

  private static func look(_ role: Role) -> Client.Request {
    switch role {
    case .workflow: .init(role, "GET", "/v1/workflows?namespace=default")
    case .metadata: .init(role, "GET", "/v1/jobs?namespace=default")
    case .notification: .init(role, "GET", "/v1/notifications/subscriptions?namespace=default")
    case .iam, .scheduler, .worker, .artifact: .init(.iam, "GET", "/v1/auth/whoami")
    }
  }
}
