import Domain
import NotificationCore
import Testing

struct FanoutTests {
  private let hook = SubscriptionID(SortableID(high: 1, low: 1))
  private let mail = SubscriptionID(SortableID(high: 1, low: 2))

  private func receiver(
    _ occasions: SortedSet<Occasion>, streak: Streak = Streak(),
    workflows: SortedSet<WorkflowName> = [], labels: SortedMap<String, String> = [:],
    takesMessages: Bool = true
  ) -> Fanout.Subscriber {
    Fanout.Subscriber(
      id: hook, name: "deploy-bot",
      filter: SubscriptionFilter(occasions: occasions, workflows: workflows, labels: labels),
      channel: .webhook("https://a.example/"), takesMessages: takesMessages, streak: streak)
  }

  private func people(_ addresses: [String], _ occasions: SortedSet<Occasion>) -> Fanout.Subscriber
  {
    Fanout.Subscriber(
      id: mail, name: "people", filter: SubscriptionFilter(occasions: occasions),
      channel: .mail(addresses))
  }

  private func messages(
    _ end: RunEnd, _ subscribers: [Fanout.Subscriber], rules: [NotifyRule] = [],
    ruleStreak: Streak = Streak()
  ) -> [Fanout.Message] {
    Fanout(end, to: subscribers, rules: rules, ruleStreak: ruleStreak).messages
  }

  @Test func `each outcome tells those who asked for it`() {
    let table: [(RunOutcome, SortedSet<Occasion>, Occasion?)] = [
      (.succeeded, [.finished], .finished), (.cancelled, [.finished], .finished),
      (.failed, [.finished], .finished), (.failed, [.failed], .failed),
      (.timedOut, [.failed], .failed), (.succeeded, [.failed], nil), (.cancelled, [.failed], nil),
      (.failed, [.finished, .failed], .failed), (.failed, [], nil), (.succeeded, [.recovered], nil),
    ]
    for (outcome, occasions, told) in table {
      let messages = messages(.sample(outcome: outcome), [receiver(occasions)])
      #expect(messages.map(\.occasion) == [told].compactMap(\.self), "\(outcome) \(occasions)")
    }
  }

  @Test func `a recovery is told once, and the streak goes on`() {
    let failing = Streak(isFailing: true, lastEndedAt: .at(50))
    let subscriber = receiver([.finished, .recovered], streak: failing)
    let end = RunEnd.sample(outcome: .succeeded)
    let fanout = Fanout(end, to: [subscriber], rules: [], ruleStreak: Streak())
    #expect(fanout.messages.map(\.occasion) == [.recovered])
    #expect(fanout.streaks.map(\.streak.isFailing) == [false])
    var after = subscriber
    after.streak = fanout.streaks[0].streak
    #expect(messages(end, [after]).map(\.occasion) == [.finished])
  }

  @Test func `workflows and labels filter, and what is filtered out leaves the streak alone`() {
    let end = RunEnd.sample(workflow: "build", labels: ["team": "pay"])
    let build = WorkflowName(unchecked: "build")
    let other = WorkflowName(unchecked: "deploy")
    #expect(messages(end, [receiver([.failed], workflows: [build])]).count == 1)
    #expect(messages(end, [receiver([.failed], workflows: [other])]).isEmpty)
    #expect(messages(end, [receiver([.failed], labels: ["team": "pay"])]).count == 1)
    let unfit = receiver([.failed, .recovered], labels: ["team": "search"])
    #expect(Fanout(end, to: [unfit], rules: [], ruleStreak: Streak()).streaks.isEmpty)
  }

  @Test func `who is named several times is told once, of the most telling thing`() {
    let rules = [
      NotifyRule(when: [.failed], email: ["a@example.org", "b@example.org"]),
      NotifyRule(when: [.finished], email: ["b@example.org", "c@example.org"]),
    ]
    let messages = messages(
      .sample(), [people(["b@example.org"], [.finished])], rules: rules)
    #expect(
      messages == [
        .init(recipient: .person("a@example.org"), occasion: .failed),
        .init(recipient: .person("b@example.org"), occasion: .failed, subscription: mail),
        .init(recipient: .person("c@example.org"), occasion: .finished),
      ])
  }

  @Test func `a rule reaches a webhook by name, and only a webhook`() {
    let rules = [
      NotifyRule(when: [.failed], webhook: "deploy-bot"),
      NotifyRule(when: [.failed], webhook: "people"), NotifyRule(when: [.failed], webhook: "none"),
    ]
    let subscribers = [receiver([]), people(["a@example.org"], [])]
    let fanout = Fanout(.sample(), to: subscribers, rules: rules, ruleStreak: Streak())
    #expect(
      fanout.messages == [.init(recipient: .receiver(hook), occasion: .failed, subscription: hook)])
    #expect(fanout.unknownWebhooks == ["people", "none"])
    let disabled = receiver([.failed], takesMessages: false)
    #expect(messages(.sample(), [disabled], rules: rules).isEmpty)
  }

  @Test func `rules have a streak of their own`() {
    let rules = [NotifyRule(when: [.recovered], email: ["a@example.org"])]
    let good = RunEnd.sample(2, outcome: .succeeded, at: 200)
    let first = Fanout(.sample(1, at: 100), to: [], rules: rules, ruleStreak: Streak())
    #expect(first.messages.isEmpty && first.ruleStreak?.isFailing == true)
    let second = Fanout(good, to: [], rules: rules, ruleStreak: first.ruleStreak ?? Streak())
    #expect(second.messages.map(\.occasion) == [.recovered])
  }
}
