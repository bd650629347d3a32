import Domain
import Testing

struct RoleTests {
  @Test func `each role can do what the one before it can, and more`() {
    for (lower, higher) in zip(Role.allCases, Role.allCases.dropFirst()) {
      #expect(lower < higher)
      #expect(lower.permissions.allSatisfy { higher.permissions.contains($0) })
      #expect(lower.permissions.count < higher.permissions.count)
    }
  }

  /// The table of who may do what, written out once more: a change of a role is a decision.
  @Test(arguments: [
    (Permission.workflowRead, Role.viewer), (.runRead, .viewer), (.logRead, .viewer),
    (.artifactRead, .viewer), (.notificationRead, .viewer), (.workerRead, .viewer),
    (.namespaceRead, .viewer), (.runStart, .runner), (.runStop, .runner), (.runChange, .runner),
    (.artifactWrite, .runner), (.secretUse, .runner), (.workflowEdit, .author),
    (.notificationEdit, .author), (.secretList, .author), (.secretWrite, .admin),
    (.workerEdit, .admin), (.namespaceEdit, .admin), (.grantRead, .admin), (.grantEdit, .admin),
    (.accountRead, .admin), (.accountEdit, .admin), (.userRead, .admin), (.userEdit, .admin),
    (.keyRotate, .admin), (.auditRead, .admin),
  ])
  func `the least role that holds a permission is the one decided on`(
    permission: Permission, least: Role
  ) {
    for role in Role.allCases {
      #expect(role.permissions.contains(permission) == (role >= least))
    }
  }
}
