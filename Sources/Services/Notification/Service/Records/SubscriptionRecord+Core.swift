internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports

extension SubscriptionRecord {
  var id: SubscriptionID? { SubscriptionID(text: subscription) }

  var isWebhook: Bool { mail.isEmpty }

  var channel: Channel { isWebhook ? .webhook(url) : .mail(mail) }

  var filter: SubscriptionFilter {
    get {
      SubscriptionFilter(
        occasions: SortedSet(occasions.compactMap(Occasion.init(rawValue:))),
        workflows: SortedSet(workflows.compactMap { WorkflowName($0) }), labels: labels)
    }
    set {
      occasions = newValue.occasions.map(\.rawValue)
      workflows = newValue.workflows.map(\.text)
      labels = newValue.labels
    }
  }

  var health: SubscriptionHealth {
    get {
      let since = Moment(microseconds: phaseSinceUs ?? 0)
      let phase: SubscriptionHealth.Phase =
        switch self.phase {
        case "paused": .paused(.init(rawValue: pauseCause) ?? .asked, since: since)
        case "disabled": .disabled(since: since)
        default: .active
        }
      return SubscriptionHealth(phase: phase, failuresInRow: Int(clamping: failuresInRow))
    }
    set {
      failuresInRow = Int64(newValue.failuresInRow)
      switch newValue.phase {
      case .active: (phase, pauseCause, phaseSinceUs) = ("active", "", nil)
      case .paused(let cause, let since):
        (phase, pauseCause, phaseSinceUs) = ("paused", cause.rawValue, since.microseconds)
      case .disabled(let since):
        (phase, pauseCause, phaseSinceUs) = ("disabled", "", since.microseconds)
      }
    }
  }

  /// Where to send: the address with its query. Nil when the query cannot be opened.
  func address(_ seal: WebhookSeal) -> String? {
    guard !sealedQuery.isEmpty else { return url }
    return seal.openedQuery(sealedQuery, of: subscription).map { url + $0 }
  }

  /// Keeps an address, its query sealed.
  mutating func setAddress(_ address: String, _ seal: WebhookSeal, _ random: any Randomness) {
    let mark = address.firstIndex(of: "?") ?? address.endIndex
    url = String(address[..<mark])
    let query = String(address[mark...])
    sealedQuery = query.isEmpty ? [] : seal.sealed(query: query, of: subscription, random)
  }

  /// Seals the query of an address that was kept before queries were sealed.
  mutating func sealAddress(_ seal: WebhookSeal, _ random: any Randomness) {
    if url.contains("?") { setAddress(url, seal, random) }
  }

  /// The address as anybody may see it: what follows the question mark is often a key.
  var shownURL: String {
    let mark = url.firstIndex(of: "?")
    let bare = url[..<(mark ?? url.endIndex)]
    return mark == nil && sealedQuery.isEmpty ? String(bare) : bare + "?…"
  }

  /// The secrets that are good at a time, the newest first; without those that cannot be opened.
  func goodSecrets(at now: Moment, _ seal: WebhookSeal) -> [WebhookSecret] {
    secrets.filter { $0.goodUntilUs.map { $0 > now.microseconds } ?? true }
      .compactMap { seal.opened($0.sealed, of: subscription) }
  }
}
