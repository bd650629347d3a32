internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit
internal import Wire

/// What a client says of a subscription: everything for a new one, what changes for another.
struct SubscriptionDraft: Sendable {
  var namespace: NamespaceName?
  var name: String?
  var description: String?
  var occasions: SortedSet<Occasion>?
  var workflows: SortedSet<WorkflowName>?
  var labels: SortedMap<String, String>?
  var mail: [String]?
  var url: String?

  static let descriptionBytesMax = 1_000

  /// A new subscription: a name and exactly one channel.
  init?(new body: inout JSONObject, _ configuration: NotificationConfiguration) {
    let namespace = body.parsed("namespace", .optional, wanted: Slug.rule) { NamespaceName($0) }
    let name = body.parsed("name", wanted: Slug.rule) { Slug.isValid($0) ? $0 : nil }
    self.init(rest: &body, configuration, namespace, name)
    if !body.hasFindings, (mail == nil) == (url == nil) {
      body.refuse(
        "webhook", code: "one-channel", "there is not exactly one channel",
        hint: "say email: [addresses] or webhook: {url}")
    }
    if body.hasFindings { return nil }
  }

  /// A change: what is not named stays as it is.
  init?(change body: inout JSONObject, _ configuration: NotificationConfiguration) {
    self.init(rest: &body, configuration, nil, nil)
    if body.hasFindings { return nil }
  }

  private init(
    rest body: inout JSONObject, _ configuration: NotificationConfiguration,
    _ namespace: NamespaceName?, _ name: String?
  ) {
    self.namespace = namespace
    self.name = name
    description = body.string(
      "description", .optional, bytesMax: SubscriptionDraft.descriptionBytesMax)
    occasions = SubscriptionDraft.occasions(&body)
    workflows = SubscriptionDraft.workflows(&body, max: configuration.workflowsMax)
    labels = SubscriptionDraft.labels(&body)
    mail = SubscriptionDraft.mail(&body, max: configuration.addressesMax)
    url = body.object("webhook", .optional) { webhook in
      SubscriptionDraft.url(&webhook, configuration.egress)
    }
  }

  private static func occasions(_ body: inout JSONObject) -> SortedSet<Occasion>? {
    guard let words = body.strings("events", .optional) else { return nil }
    let known = words.map { word in
      Occasion.allCases.first { $0.rawValue == word && $0 != .test }
    }
    if known.contains(nil) {
      body.refuse(
        "events", code: "unknown-word", "an event is not known",
        hint: "events are finished, failed and recovered")
    }
    return SortedSet(known.compactMap(\.self))
  }

  private static func workflows(
    _ body: inout JSONObject, max: Int
  ) -> SortedSet<WorkflowName>? {
    guard let names = body.strings("workflows", .optional) else { return nil }
    let known = names.map { WorkflowName($0) }
    if known.contains(nil) || known.count > max {
      body.refuse(
        "workflows", code: "not-understood", "these are no workflows' names",
        hint: "at most \(max), each \(Slug.rule)")
    }
    return SortedSet(known.compactMap(\.self))
  }

  private static func labels(_ body: inout JSONObject) -> SortedMap<String, String>? {
    guard let labels = body.texts("labels", .optional) else { return nil }
    let areFit = labels.allSatisfy { key, value in
      Slug.isValid(key) && value.utf8.count <= 255 && !value.utf8.contains(0)
    }
    if !areFit || labels.count > 32 {
      body.refuse(
        "labels", code: "not-understood", "these are no labels",
        hint: "at most 32; a key is \(Slug.rule); a value has at most 255 bytes")
    }
    return labels
  }

  private static func mail(_ body: inout JSONObject, max: Int) -> [String]? {
    guard let addresses = body.strings("email", .optional) else { return nil }
    let areFit = addresses.allSatisfy(MailMessage.isAddress)
    if !areFit || !(1...max).contains(addresses.count)
      || SortedSet(addresses).count < addresses.count
    {
      body.refuse(
        "email", code: "invalid-address", "these are no e-mail addresses",
        hint: "1 to \(max) different ones such as name@example.org, without display names")
    }
    return addresses
  }

  private static func url(_ webhook: inout JSONObject, _ egress: EgressRules) -> String? {
    guard let text = webhook.string("url") else { return nil }
    guard let url = WebhookURL(text) else {
      // The address is not said again: it may hold a password.
      webhook.refuse(
        "url", code: "not-understood", "messages cannot be sent to this address",
        hint: "it must be \(WebhookURL.rule)")
      return nil
    }
    // What names lead to is judged at every connection; this only spares people a surprise.
    let isRefused = IPAddress(url.host).map { !egress.allows($0, port: url.port) } ?? false
    if isRefused || !egress.allows(port: url.port) {
      webhook.refuse(
        "url", code: "destination-refused",
        "the address leads to where this installation does not send to",
        hint: "name a receiver on the public internet, on port 443 or 80, or ask the operator")
    }
    return url.text
  }
}
