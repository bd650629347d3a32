public import NotificationCore
public import Ports

/// Limits of the notification service. Validated once at start; nothing reads defaults later.
public struct NotificationConfiguration: Sendable {
  /// Where the API is found from outside, for links: `https://millrace.example.org`. Nil for none.
  public var publicURL: String?
  /// The rules that the sender of webhooks keeps; addresses that surely break them are refused when
  /// they are entered.
  public var egress: EgressRules = .public
  public var delivery = DeliveryLimits()
  /// Messages that one process has under way.
  public var deliveriesInFlightMax: Int = 32
  /// Of these, to one receiver; one while it is failing, so that it holds up nobody else.
  public var deliveriesPerReceiverMax: Int = 4
  /// Of these, mails.
  public var mailsInFlightMax: Int = 8
  /// Attempts in a row that fail until a subscription is paused.
  public var failuresInRowMax: Int64 = 20
  /// How long a message of a paused subscription waits between two looks at it.
  public var heldLookEvery: Duration = .seconds(60)
  /// How long an old secret is good after a new one was made.
  public var secretKeptFor: Duration = .seconds(24 * 3_600)

  /// In a namespace.
  public var subscriptionsMax: Int64 = 200
  public var webhooksMax: Int64 = 50
  /// In a subscription.
  public var addressesMax: Int = 10
  public var workflowsMax: Int = 100
  public var requestBytesMax: Int = 64 << 10
  /// Rows that one page of a filtered list looks at.
  public var rowsScannedMax: Int = 2_000

  /// Records taken in at once.
  public var recordsPerBatchMax: Int = 200
  public var pollWait: Duration = .seconds(1)
  /// Ends that are older are not told any more: so that a bus that is read again from its beginning
  /// repeats nothing. Shorter than `historyKeptFor`.
  public var endsTakenFor: Duration = .seconds(3 * 24 * 3_600)
  /// Messages and what was worked out are kept so long after they were made.
  public var historyKeptFor: Duration = .seconds(30 * 24 * 3_600)
  public var sweepEvery: Duration = .seconds(600)
  /// Rows that one commit inserts.
  public var rowsPerCommitMax: Int = 500
  /// Definitions whose rules are kept in memory.
  public var rulesCachedMax: Int = 1_000
  /// How long a call to another service may take.
  public var callWithin: Duration = .seconds(5)
  /// Between two looks for what is due, when nothing woke the dispatcher.
  public var lookEvery: Duration = .seconds(1)
  /// How long it waits after the store, the bus or a peer had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How often a decision is made anew because somebody else was faster.
  public var conflictsMax: Int = 20

  /// What tells this process from others of the service, the same after a restart; nil for a name
  /// that is new with each start.
  public var member: String?

  public init() {}

  /// Has a message tried again after each of these waits, in place of six attempts in a day.
  public mutating func setRetryWaits(_ waits: [Duration]) { delivery.schedule.waits = waits }
}
