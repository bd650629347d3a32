import Domain
import Testing

@testable import WorkerService

struct ReasonTests {
  @Test func `a message that is too long is cut between characters`() {
    let reason = Reason(code: "c", message: "abc😀def", since: .start)
    #expect(reason.cut(to: 100) == reason)
    #expect(reason.cut(to: 8).message == "abc😀d")
    #expect(reason.cut(to: 6).message == "abc")
  }
}
