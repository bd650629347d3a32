import Domain
import NotificationCore
import Testing

struct RunMessageTests {
  private func message(
    _ occasion: Occasion, _ end: RunEnd = .sample(), link: String? = nil
  ) -> RunMessage {
    RunMessage(
      delivery: DeliveryID(SortableID(high: 1, low: 2)), occasion: occasion, end: end, link: link)
  }

  @Test func `the event names what happened, to what, and where to look`() {
    let link = "https://mill.example/v1/runs/x"
    let event = message(.failed, .sample(labels: ["team": "pay"]), link: link).event
    guard case .object(let members) = event, case .object(let run)? = members["data"] else {
      Issue.record("\(event)")
      return
    }
    #expect(members["specversion"] == .string("1.0"))
    #expect(members["type"] == .string("dev.millrace.run.failed"))
    #expect(members["source"] == .string("/namespaces/default/workflows/build"))
    #expect(members["time"] == .string("1970-01-01T00:01:40.000Z"))
    #expect(run["outcome"] == .string("failed"))
    #expect(run["labels"] == .object(["team": .string("pay")]))
    #expect(run["link"] == .string(link))
  }

  @Test func `mail says it in one line, with the facts below`() {
    #expect(message(.failed).subject == "✗ default/build failed")
    #expect(
      message(.recovered, .sample(outcome: .succeeded)).subject == "✓ default/build recovered")
    #expect(
      message(.finished, .sample(outcome: .cancelled)).subject == "⊗ default/build was cancelled")
    #expect(message(.test).subject == "• default/build test message")
    let text = message(.failed).text
    #expect(text.contains("Why      test: exit 1\n"))
  }

  @Test func `what a task printed cannot become a tag or a line of its own`() {
    var end = RunEnd.sample(labels: ["a": "\"><script>"])
    end.reasonMessage = "<img src=x onerror=alert(1)>\r\nFrom: me\u{1b}[2J"
    let message = message(.failed, end)
    #expect(!message.html.contains("<img") && !message.html.contains("<script"))
    #expect(message.html.contains("&lt;img src=x"))
    #expect(!message.text.contains("\r") && !message.text.contains("\u{1b}"))
    #expect(message.text.contains("Why      <img src=x onerror=alert(1)>  From: me [2J\n"))
  }

  @Test func `an id is the same for the same end and recipient`() {
    let bytes = (0..<32).map { UInt8($0) }
    let one = DeliveryID(endedAt: .at(5), digest: bytes)
    #expect(one == DeliveryID(endedAt: .at(5), digest: bytes))
    #expect(one != DeliveryID(endedAt: .at(5), digest: bytes.reversed()))
    #expect(DeliveryID(text: one.text) == one)
  }
}
