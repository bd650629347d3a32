import Domain
import IAMCore
import Testing

struct RegistrationTests {
  @Test func `a mode admits who brings what it asks for`() {
    let admitted = RegistrationMode.allCases.map { mode in
      RegistrationProof.allCases.map { mode.admits($0) }
    }
    #expect(admitted == [[false, false, true], [false, true, true], [true, true, true]])
  }

  @Test func `an invitation is good once, in its time, unless withdrawn`() {
    let end = Moment(microseconds: 1_000_000)
    var live = Invitation(expiresAt: end)
    #expect(live.apply(.timeReached, at: .start) == [])
    var late = live
    #expect(late.apply(.used, at: end) == [.refuse])
    #expect(late.apply(.timeReached, at: end) == [.forget])
    var withdrawn = live
    #expect(withdrawn.apply(.withdrawn, at: .start) == [])
    #expect(withdrawn.apply(.used, at: .start) == [.refuse])
    #expect(live.apply(.used, at: .start) == [.accept])
    #expect(live.apply(.used, at: .start) == [.refuse])
    #expect(live.apply(.withdrawn, at: .start) == [])
    #expect(live.apply(.timeReached, at: .start) == [])
    #expect(live.apply(.timeReached, at: end) == [.forget])
  }
}
