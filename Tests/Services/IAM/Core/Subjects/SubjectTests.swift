import Domain
import IAMCore
import Testing

struct SubjectTests {
  private static let pay = GrantPlace.namespace(NamespaceName(unchecked: "pay"))

  private static let events: [Subject.Event] = [
    .granted(.viewer, pay), .granted(.runner, pay), .granted(.admin, .installation),
    .withdrawn(pay), .withdrawn(.installation), .disabled, .enabled, .secretChanged,
  ]

  private static let states: [Subject] = [Subject.Phase.active, .disabled].flatMap { phase in
    [
      RoleGrants(), RoleGrants(namespaces: [NamespaceName(unchecked: "pay"): .viewer]),
      RoleGrants(installation: .admin),
    ].map { Subject(phase, grants: $0, epoch: 7) }
  }

  /// Every state with every event. Goal: whoever lost something is heard of, everywhere.
  @Test func `whatever changes makes older tokens void, and nothing else does`() {
    for state in SubjectTests.states {
      for event in SubjectTests.events {
        var subject = state
        let effects = subject.apply(event)
        let hasChanged =
          subject.phase != state.phase || subject.grants != state.grants || event == .secretChanged
        #expect(effects.contains(.void(before: 8)) == hasChanged, "\(state) \(event)")
        #expect(subject.epoch == (hasChanged ? 8 : 7))
        #expect(
          effects.contains(.joinAdministrators)
            == (!state.isAdministrator && subject.isAdministrator))
        #expect(
          effects.contains(.leaveAdministrators)
            == (state.isAdministrator && !subject.isAdministrator))
        let isEnding = event == .secretChanged || (event == .disabled && state.phase == .active)
        #expect(effects.contains(.endSignIns) == isEnding)
      }
    }
  }

  @Test func `a role takes the place of the one that was held there`() {
    var subject = Subject()
    _ = subject.apply(.granted(.viewer, SubjectTests.pay))
    _ = subject.apply(.granted(.author, SubjectTests.pay))
    #expect(subject.grants[SubjectTests.pay] == .author)
    #expect(subject.grants.namespaces.count == 1)
  }

  @Test func `roles in more namespaces than tokens carry are refused`() {
    var subject = Subject()
    for number in 0..<RoleGrants.namespacesMax {
      let place = GrantPlace.namespace(NamespaceName(unchecked: "n\(number)"))
      #expect(!subject.apply(.granted(.viewer, place)).isEmpty)
    }
    #expect(subject.apply(.granted(.viewer, SubjectTests.pay)) == [.refuse(.tooManyNamespaces)])
    let held = GrantPlace.namespace(NamespaceName(unchecked: "n1"))
    #expect(subject.apply(.granted(.admin, held)).count == 1)
  }

  @Test func `there is a first administrator once, and always a last one`() {
    var none = Administrators()
    #expect(none.apply(.left("a")) == [])
    var joined = none
    #expect(joined.apply(.joined("a")) == [.changed])
    #expect(none.apply(.firstAsked("a")) == [.changed])
    var some = none
    #expect(some.apply(.firstAsked("b")) == [.refuse(.notFirst)])
    #expect(some.apply(.left("a")) == [.refuse(.last)])
    #expect(some.apply(.left("b")) == [])
    #expect(some.apply(.joined("a")) == [])
    #expect(some.apply(.joined("b")) == [.changed])
    #expect(some.apply(.left("a")) == [.changed])
    #expect(some.phase == .some(["b"]))
    var full = Administrators(.some(SortedSet((0..<Administrators.countMax).map { "u\($0)" })))
    #expect(full.apply(.joined("x")) == [.refuse(.tooMany)])
  }
}
