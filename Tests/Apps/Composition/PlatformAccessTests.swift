import Domain
import Ports
import ServiceKit
import Synchronization
import SystemAdapter
import TestSupport
import Testing

@testable import Composition

/// T-AUTHZ over the whole platform: the table of the router that `dev` serves.
struct PlatformAccessTests {
  private func withRouter(
    _ body: @escaping @Sendable (Router, ServiceContext) async -> Void
  ) async throws {
    let parts = try await DevParts.make(DevConfiguration())
    await parts.runtime.root { await body(parts.router, parts.runtime.context) }.wait()
    await parts.close()
  }

  private func isUnnamed(_ route: Route) -> Bool {
    if case .allowed(_, in: .unnamed) = route.access { true } else { false }
  }

  @Test func `every route of the platform opens to exactly whom the policy says`() async throws {
    let verdicts = Verdicts()
    try await withRouter { router, context in
      // A route that does not say where its namespace is stays closed to who has a role in one
      // only; no other may be so than those that are known.
      let unnamed = router.routes.filter(isUnnamed)
      let matrix = AuthorizationMatrix(
        router.routes.filter { !isUnnamed($0) }, AccessPolicy.everything)
      let answer = await matrix.violations(in: context)
      verdicts.set(
        unnamed: unnamed.map(\.template), unruled: matrix.unruled, found: answer.found,
        cases: answer.cases)
    }
    let verdict = try #require(verdicts.last)
    #expect(verdict.unnamed.allSatisfy { $0.hasSuffix("/logs") }, "\(verdict.unnamed)")
    #expect(verdict.unruled == [])
    #expect(verdict.found.isEmpty, "\(verdict.found.count): \(verdict.found.prefix(5))")
    #expect(verdict.cases >= 5_000, "\(verdict.cases) cases")
  }

  /// What the matrix found, brought out of the loop's task.
  private final class Verdicts: Sendable {
    struct Verdict: Sendable {
      var unnamed: [String]
      var unruled: [String]
      var found: [String]
      var cases: Int
    }

    private let state = Mutex<Verdict?>(nil)

    var last: Verdict? { state.withLock { $0 } }

    func set(unnamed: [String], unruled: [String], found: [String], cases: Int) {
      state.withLock {
        $0 = Verdict(unnamed: unnamed, unruled: unruled, found: found, cases: cases)
      }
    }
  }

  @Test func `the matrix notices each rule of the platform that is loosened`() async throws {
    try await withRouter { router, context in
      let matrix = AuthorizationMatrix(router.routes, AccessPolicy.everything)
      #expect(await matrix.survivors(in: context) == [])
    }
  }
}
