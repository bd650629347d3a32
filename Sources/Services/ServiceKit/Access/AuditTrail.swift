public import Contracts
public import Domain
public import Ports
internal import Synchronization

/// That somebody asked for something that changes something, or for something that they may not
/// have, and what came of it.
public struct AuditEntry: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case done
    case refused
    /// The answer was lost; it may or may not have happened.
    case unknown
  }

  public var id: AuditID
  public var at: Moment
  public var actor: Principal
  public var namespace: NamespaceName?
  /// Method and route: `POST /v1/users`.
  public var action: String
  /// The path that was asked for.
  public var object: String
  public var outcome: Outcome
  public var status: Int
  public var code: String
  public var request: RequestID
  /// The address that it came from, without its port.
  public var source: String

  public init(
    id: AuditID, at moment: Moment, request: RouteRequest, action: String, outcome: Outcome,
    status: Int, code: String = ""
  ) {
    self.id = id
    at = moment
    actor = request.principal
    namespace = request.check.namespace
    self.action = action
    object = AuditEntry.short(request.http.path)
    self.outcome = outcome
    self.status = status
    self.code = code
    self.request = request.requestID
    source = AuditEntry.host(request.http.peer)
  }

  /// Of somebody who was turned away before anybody knew who it was.
  public init(
    id: AuditID, at moment: Moment, request: HTTPRequest, requestID: RequestID, action: String,
    problem: Problem
  ) {
    self.id = id
    at = moment
    actor = .anyone
    self.action = action
    object = AuditEntry.short(request.path)
    outcome = .refused
    status = problem.status
    code = problem.code
    self.request = requestID
    source = AuditEntry.host(request.peer)
  }

  private static func short(_ path: String) -> String { String(path.prefix(512)) }

  /// `127.0.0.1:80` without its port; an address of version 6 loses its brackets, too.
  public static func host(_ peer: String) -> String {
    guard let colon = peer.lastIndex(of: ":") else { return peer }
    return peer[..<colon].filter { $0 != "[" && $0 != "]" }
  }
}

/// Keeps the audit. Never fails: what cannot be kept is counted and logged by whoever keeps it.
public protocol AuditTrail: Sendable {
  func note(_ entry: AuditEntry) async
}

/// Limits of an audit trail that sends its entries.
public struct AuditSending: Sendable {
  public var waitingMax = 10_000
  public var entriesPerCallMax = 500
  public var sendEvery: Duration = .milliseconds(500)
  public var callWithin: Duration = .seconds(5)

  public init() {}
}

/// Sends entries to identity and access, which keeps them: for services that keep no audit of
/// their own. Entries wait in memory until they are acknowledged; beyond the limit the newest are
/// lost and counted.
public final class RemoteAuditTrail: AuditTrail {
  private let client: IdentityClient
  private let context: ServiceContext
  private let limits: AuditSending
  private let waiting = Mutex<[AuditEntryMessage]>([])
  private let hasEntries = Signal()

  public init(
    network: any Network, context: ServiceContext, limits: AuditSending = AuditSending()
  ) {
    client = IdentityClient(network: network, callWithin: limits.callWithin)
    self.context = context
    self.limits = limits
  }

  public func note(_ entry: AuditEntry) async {
    let isKept = waiting.withLock { waiting in
      guard waiting.count < limits.waitingMax else { return false }
      waiting.append(AuditEntryMessage(entry))
      return true
    }
    hasEntries.wake()
    if !isKept { context.telemetry.count("audit_entries_lost", 1, []) }
  }

  /// Sends until the task is cancelled, what came within `sendEvery` together.
  public func run() async {
    while !Task.isCancelled {
      if waiting.withLock({ $0.isEmpty }) {
        await hasEntries.wait()
        try? await context.time.sleep(for: limits.sendEvery)
      }
      let entries = waiting.withLock { Array($0.prefix(limits.entriesPerCallMax)) }
      if !entries.isEmpty {
        do throws(RPCError) {
          try await client.record(entries)
          waiting.withLock { $0.removeFirst(entries.count) }
        } catch {
          context.telemetry.log(.warning, "audit.not-sent", [("error", error.message)])
          try? await context.time.sleep(for: limits.sendEvery)
        }
      }
    }
  }
}

extension AuditEntryMessage {
  public init(_ entry: AuditEntry) {
    self.init(
      id: entry.id.text, atUs: entry.at.microseconds, actorId: entry.actor.id,
      actor: entry.actor.name, actorKind: entry.actor.kind.rawValue,
      namespace: entry.namespace?.text ?? "", action: entry.action, object: entry.object,
      outcome: entry.outcome.rawValue, status: Int32(clamping: entry.status), code: entry.code,
      request: entry.request.text, source: entry.source)
  }
}
