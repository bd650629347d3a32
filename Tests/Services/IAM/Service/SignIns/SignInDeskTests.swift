import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import IAMService

struct SignInDeskTests {
  @Test func `a user registers, signs in, goes on and signs out`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      #expect(try await scene.register("ann").status == 201)
      let first = try await scene.logIn("ann")
      #expect(first.status == 200)
      #expect(first["expiresIn"] == "600")
      let me = try await scene.send("GET", "/v1/auth/whoami", token: first["accessToken"])
      #expect(me.status == 200)
      #expect(me["name"] == "ann")
      let second = try await scene.post(
        "/v1/auth/refresh", ["refreshToken": .string(first["refreshToken"])])
      #expect(second.status == 200)
      #expect(second["refreshToken"] != first["refreshToken"])
      let token = second["accessToken"]
      #expect(try await scene.send("POST", "/v1/auth/logout", token: token).status == 204)
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await scene.send("GET", "/v1/auth/whoami", token: token).status == 401
      }
      let late = try await scene.post(
        "/v1/auth/refresh", ["refreshToken": .string(second["refreshToken"])])
      #expect(late.status == 401)
    }
  }

  @Test func `who signs out stays out though the clock was put back`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      let token = try await scene.logIn("ann")["accessToken"]
      // Everybody hears what is void from a clock that is ahead.
      scene.iam.wallOffset = .seconds(1_800)
      try await world.here.time.sleep(for: .seconds(10))
      scene.iam.wallOffset = .zero
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: token).status == 200)
      #expect(try await scene.send("POST", "/v1/auth/logout", token: token).status == 204)
      try await world.here.time.sleep(for: AuthenticatorConfiguration().trustedFor)
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: token).status == 401)
    }
  }

  @Test func `who knows of more voids than there are is told all of them`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      var told: [Int] = []
      for _ in 0..<2 {
        let token = try await scene.logIn("ann")["accessToken"]
        _ = try await scene.send("POST", "/v1/auth/logout", token: token)
      }
      for after: Int64 in [0, 1, 2, 3, .max, -1, .min] {
        let answer = try GetTrustResponse(
          decoding: try await scene.network.call(
            IdentityMethods.service, IdentityMethods.getTrust,
            GetTrustRequest(after: after).encoded(), within: .seconds(2)))
        #expect(answer.through == 2 && answer.isComplete)
        told.append(answer.voids.count)
      }
      #expect(told == [2, 1, 0, 2, 2, 2, 2])
    }
  }

  /// RFC 9700 §4.14.
  @Test func `a refresh token that is used again ends everything that came of it`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      let first = try await scene.logIn("ann")
      let stolen: Value = .string(first["refreshToken"])
      let second = try await scene.post("/v1/auth/refresh", ["refreshToken": stolen])
      let again = try await scene.post("/v1/auth/refresh", ["refreshToken": stolen])
      #expect(again["refreshToken"] == second["refreshToken"], "a lost answer is given again")
      try await world.here.time.sleep(for: .seconds(11))
      #expect(try await scene.post("/v1/auth/refresh", ["refreshToken": stolen]).status == 401)
      let next = try await scene.post(
        "/v1/auth/refresh", ["refreshToken": .string(second["refreshToken"])])
      #expect(next.status == 401)
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await scene.send("GET", "/v1/auth/whoami", token: second["accessToken"]).status == 401
      }
      let ends = scene.store.records(IAMTables.signIns).map(\.end)
      #expect(ends == ["reused"])
    }
  }

  /// Goal: whatever the store does, one chain has at most one token that is good, and its owner is
  /// not logged out by lost answers alone.
  /// Method: the same token many times at once, again until it is answered, on a hostile store.
  @Test(arguments: UInt64(1)...10)
  func `refreshes at once and in doubt lead to one successor`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      var token = try await scene.logIn("ann")["refreshToken"]
      scene.store.faults = .hostile
      for _ in 0..<5 {
        let shown = token
        let answers = await withTaskGroup(of: String?.self) { group in
          for _ in 0..<4 {
            group.addTask {
              for _ in 0..<50 {
                let answer = try? await scene.post(
                  "/v1/auth/refresh", ["refreshToken": .string(shown)])
                if let answer, answer.status == 200 { return answer["refreshToken"] }
                if let answer, answer.status == 401 { return nil }
              }
              return ""
            }
          }
          return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        let successors = SortedSet(answers.compactMap { $0 }.filter { !$0.isEmpty })
        // Whoever came later than ten seconds is taken for a thief: the store was that slow.
        guard !answers.contains(nil) else { return }
        #expect(successors.count == 1)
        token = successors.first ?? ""
        let live = scene.store.records(IAMTables.refreshes).map(\.generation).max() ?? 0
        let signIn = try #require(scene.store.records(IAMTables.signIns).first)
        #expect(signIn.end.isEmpty)
        #expect(signIn.generation <= live)
      }
    }
  }

  /// T-ENUM: bytes and time, whoever it is that does not get in.
  @Test func `nobody learns from a refusal which users there are`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      for name in ["ann", "bob"] { _ = try await scene.register(name) }
      _ = try await scene.send("POST", "/v1/users/bob/disable", token: admin)
      func attempt(_ name: String, _ password: String) async throws -> (Scene.Answer, Duration) {
        let began = world.elapsed
        let answer = try await scene.logIn(name, password)
        return (answer, world.elapsed - began)
      }
      let reference = try await attempt("ann", "a wrong password, really")
      #expect(reference.0.status == 401)
      for (name, password) in [
        ("nobody", "a wrong password, really"), ("bob", Scene.password),
        ("bob", "a wrong password, really"), ("No Name At All", "x"), ("", ""),
        ("ann", String(repeating: "x", count: 5_000)),
      ] {
        let other = try await attempt(name, password)
        #expect(other.0.status == 401)
        #expect(other.0.body.without("requestId") == reference.0.body.without("requestId"))
        let names = other.0.fields.fields.map(\.name)
        #expect(names == reference.0.fields.fields.map(\.name))
        #expect(other.1 == reference.1, "\(name)")
      }
    }
  }

  @Test func `guesses at one account are slowed, whether it exists or not, and end`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      let before = scene.hasher.computed
      for name in ["ann", "nobody"] {
        var refused: Scene.Answer?
        for _ in 0..<20 {
          let answer = try await scene.logIn(name, "a wrong password, really")
          if answer.status == 429 { refused = answer }
        }
        #expect(refused?.fields["retry-after"] != nil)
      }
      #expect(scene.hasher.computed - before <= 14)
      try await world.here.time.sleep(for: .seconds(120))
      #expect(try await scene.logIn("ann").status == 200)
      #expect(try await scene.logIn("ann").status == 200)
    }
  }

  @Test func `many guesses at once are no way around`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world, atOnceMax: 64, waitingMax: 64)
      try await scene.ready()
      _ = try await scene.register("ann")
      let before = scene.hasher.computed
      scene.store.faults = .slow
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask { _ = try? await scene.logIn("ann", "a wrong password, really") }
        }
      }
      #expect(scene.hasher.computed - before <= 6)
    }
  }

  @Test func `when the hashers are busy it says so, and the attempt does not count`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try Scene(world, atOnceMax: 1, waitingMax: 2)
      try await scene.ready()
      for name in ["a", "b", "c", "d", "e", "f"] { _ = try await scene.register(name) }
      let statuses = await withTaskGroup(of: Int.self) { group in
        for name in ["a", "b", "c", "d", "e", "f"] {
          group.addTask { (try? await scene.logIn(name))?.status ?? 0 }
        }
        return await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.filter { $0 == 200 }.count == 3)
      #expect(statuses.filter { $0 == 429 }.count == 3)
      #expect(
        scene.store.records(IAMTables.throttles).allSatisfy { $0.kind != "login-account" })
    }
  }

  @Test func `a new password closes everything that the old one opened`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      let (one, two) = (try await scene.logIn("ann"), try await scene.logIn("ann"))
      let wrong = try await scene.post(
        "/v1/auth/password",
        [
          "password": .string("not the one I have"), "newPassword": .string("eight lakes lie west"),
        ],
        token: one["accessToken"])
      #expect(wrong.status == 403)
      let changed = try await scene.post(
        "/v1/auth/password",
        ["password": .string(Scene.password), "newPassword": .string("eight lakes lie west")],
        token: one["accessToken"])
      #expect(changed.status == 204)
      for session in [one, two] {
        let refreshed = try await scene.post(
          "/v1/auth/refresh", ["refreshToken": .string(session["refreshToken"])])
        #expect(refreshed.status == 401)
      }
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await scene.send("GET", "/v1/auth/whoami", token: two["accessToken"]).status == 401
      }
      #expect(try await scene.logIn("ann").status == 401)
      #expect(try await scene.logIn("ann", "eight lakes lie west").status == 200)
    }
  }
}

extension Value {
  func without(_ name: String) -> Value {
    guard case .object(var members) = self else { return self }
    members[name] = nil
    return .object(members)
  }
}
