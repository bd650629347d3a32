import Domain
import Ports
import ServiceKit
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
    try await withRouter { router, context in
      // A route that does not say where its namespace is stays closed to who has a role in one
      // only; no other may be so than those that are known.
      let unnamed = router.routes.filter(isUnnamed)
      #expect(unnamed.allSatisfy { $0.template.hasSuffix("/logs") }, "\(unnamed.map(\.name))")
      let matrix = AuthorizationMatrix(
        router.routes.filter { !isUnnamed($0) }, AccessPolicy.everything)
      #expect(matrix.unruled == [])
      let (found, cases) = await matrix.violations(in: context)
      #expect(found.isEmpty, "\(found.count): \(found.prefix(5))")
      #expect(cases >= 5_000, "\(cases) cases")
    }
  }

  @Test func `the matrix notices each rule of the platform that is loosened`() async throws {
    try await withRouter { router, context in
      let matrix = AuthorizationMatrix(router.routes, AccessPolicy.everything)
      #expect(await matrix.survivors(in: context) == [])
    }
  }
}
