public import Domain

/// Works out whom the end of a run is told to.
///
/// Each recipient is told once of an end, of the most telling thing that they asked for, however
/// many subscriptions and rules name them.
public struct Fanout: Hashable, Sendable {
  /// A subscription as far as it matters here.
  public struct Subscriber: Hashable, Sendable {
    public var id: SubscriptionID
    public var name: String
    public var filter: SubscriptionFilter
    public var channel: Channel
    public var takesMessages: Bool
    public var streak: Streak

    public init(
      id: SubscriptionID, name: String, filter: SubscriptionFilter, channel: Channel,
      takesMessages: Bool = true, streak: Streak = Streak()
    ) {
      self.id = id
      self.name = name
      self.filter = filter
      self.channel = channel
      self.takesMessages = takesMessages
      self.streak = streak
    }
  }

  /// Who gets a message.
  public enum Recipient: Hashable, Comparable, Sendable {
    /// By address; under a subscription when one names it, otherwise a rule of the definition does.
    case person(String)
    /// The receiver of a subscription.
    case receiver(SubscriptionID)

    /// For the id of the message.
    public var text: String {
      switch self {
      case .person(let address): "mail " + address
      case .receiver(let id): "webhook " + id.text
      }
    }

    public static func < (left: Recipient, right: Recipient) -> Bool { left.text < right.text }
  }

  public struct Message: Hashable, Sendable {
    public var recipient: Recipient
    public var occasion: Occasion
    /// Nil when only a rule of the definition asked for it.
    public var subscription: SubscriptionID?

    public init(recipient: Recipient, occasion: Occasion, subscription: SubscriptionID? = nil) {
      self.recipient = recipient
      self.occasion = occasion
      self.subscription = subscription
    }
  }

  /// In the order of their recipients.
  public private(set) var messages: [Message] = []
  /// What the end changed; those that stayed as they were are left out.
  public private(set) var streaks: [(id: SubscriptionID, streak: Streak)] = []
  /// Of the rules, when that changed.
  public private(set) var ruleStreak: Streak?
  /// Webhooks that rules name and that do not exist.
  public private(set) var unknownWebhooks: [String] = []

  private var occasions: SortedMap<Recipient, Message> = [:]

  /// - Parameters:
  ///   - rules: of the definition that ran.
  ///   - ruleStreak: of the workflow, as those rules see it.
  public init(
    _ end: RunEnd, to subscribers: [Subscriber], rules: [NotifyRule], ruleStreak: Streak
  ) {
    for subscriber in subscribers where subscriber.filter.covers(end) {
      take(end, subscriber)
    }
    take(end, rules, ruleStreak, subscribers)
    messages = occasions.values
    occasions = [:]
  }

  private mutating func take(_ end: RunEnd, _ subscriber: Subscriber) {
    var streak = subscriber.streak
    let wantsRecovery = subscriber.filter.occasions.contains(.recovered)
    let effects = wantsRecovery ? streak.apply(end) : []
    if streak != subscriber.streak { streaks.append((subscriber.id, streak)) }
    let happened = Fanout.happened(end, hasRecovered: effects.contains(.announceRecovery))
    guard subscriber.takesMessages,
      let occasion = happened.filter({ subscriber.filter.occasions.contains($0) }).max()
    else { return }
    switch subscriber.channel {
    case .mail(let addresses):
      for address in addresses { tell(.person(address), occasion, subscriber.id) }
    case .webhook:
      tell(.receiver(subscriber.id), occasion, subscriber.id)
    }
  }

  private mutating func take(
    _ end: RunEnd, _ rules: [NotifyRule], _ known: Streak, _ subscribers: [Subscriber]
  ) {
    guard !rules.isEmpty else { return }
    var streak = known
    let effects = streak.apply(end)
    if streak != known { ruleStreak = streak }
    let happened = Fanout.happened(end, hasRecovered: effects.contains(.announceRecovery))
    for rule in rules {
      let wanted = rule.when.map(Occasion.init)
      guard let occasion = happened.filter(wanted.contains).max() else { continue }
      for address in rule.email { tell(.person(address), occasion, nil) }
      guard let name = rule.webhook else { continue }
      guard let receiver = subscribers.first(where: { $0.name == name && $0.channel.isWebhook })
      else {
        unknownWebhooks.append(name)
        continue
      }
      if receiver.takesMessages { tell(.receiver(receiver.id), occasion, receiver.id) }
    }
  }

  private static func happened(_ end: RunEnd, hasRecovered: Bool) -> [Occasion] {
    var happened: [Occasion] = [.finished]
    if end.outcome.isHealthy == false { happened.append(.failed) }
    if hasRecovered { happened.append(.recovered) }
    return happened
  }

  private mutating func tell(
    _ recipient: Recipient, _ occasion: Occasion, _ subscription: SubscriptionID?
  ) {
    var message =
      occasions[recipient]
      ?? Message(recipient: recipient, occasion: occasion, subscription: subscription)
    message.occasion = max(message.occasion, occasion)
    message.subscription = message.subscription ?? subscription
    occasions[recipient] = message
  }

  public static func == (left: Fanout, right: Fanout) -> Bool {
    left.messages == right.messages && left.ruleStreak == right.ruleStreak
      && left.unknownWebhooks == right.unknownWebhooks
      && left.streaks.elementsEqual(right.streaks) { $0.id == $1.id && $0.streak == $1.streak }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(messages)
    hasher.combine(ruleStreak)
  }
}
