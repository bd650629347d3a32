internal import Domain
internal import SimulationKit
internal import SimulationOracles

/// A user without any role, who tries what others do.
struct Stranger: Sendable {
  let client: Client
  let random: WorldRandom

  private static let triesMax = 20

  func live() async {
    for _ in 0..<Stranger.triesMax {
      await client.rest(random.length(in: .seconds(1)...(.seconds(40))))
      _ = await client.send(attempt(), .other("trespass"))
    }
  }

  private func attempt() -> Client.Request {
    let namespace = "?namespace=default"
    switch random.below(6) {
    case 0:
      return .init(
        .workflow, "POST", "/v1/runs", .object(["workflow": .string("flow-0")]))
    case 1: return .init(.workflow, "GET", "/v1/workflows" + namespace)
    case 2: return .init(.metadata, "GET", "/v1/jobs" + namespace)
    case 3: return .init(.notification, "GET", "/v1/notifications/subscriptions" + namespace)
    case 4: return .init(.iam, "GET", "/v1/audit")
    default: return .init(.iam, "GET", "/v1/users")
    }
  }
}
