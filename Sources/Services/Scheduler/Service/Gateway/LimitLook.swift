internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Who stands before a run that waits for a permit, as the store says it now.
struct LimitLook {
  static let holdersShownMax = 10
  static let lineShownMax = 1_000

  let ports: SchedulerPorts
  private var known: SortedMap<LimitKey, [RunID]> = [:]

  init(_ ports: SchedulerPorts) {
    self.ports = ports
  }

  /// Completes the reason of a run that waits for a permit; others stay as they are.
  ///
  /// - Parameter isWhole: whether its place in line is said, too, which takes a look at the line.
  mutating func complete(
    _ view: inout RunView, permit: RunPermit?, isWhole: Bool
  ) async throws(RPCError) {
    // A run that is paused in line says so, and one that was refused has the same code.
    guard let permit, permit.isAsking, view.reason?.code == RunPermit.waitingCode else { return }
    do throws(StoreError) {
      let holders = try await holders(of: permit.limit)
      guard let first = holders.first else { return }
      let isCut = holders.count > LimitLook.holdersShownMax
      let count = isCut ? "at least \(LimitLook.holdersShownMax)" : "\(holders.count)"
      var message =
        "concurrency key '\(permit.limit.key)' \(count)/\(permit.size) held by \(first)"
      if holders.count > 1 { message += " and others" }
      if isWhole, let ahead = try await ahead(of: view.run, permit.limit) {
        message += "; \(ahead)"
      }
      view.reason?.message = message
      view.reason?.blockers = holders.prefix(LimitLook.holdersShownMax).map(\.text)
    } catch {
      throw RPCError(error)
    }
  }

  private mutating func holders(of limit: LimitKey) async throws(StoreError) -> [RunID] {
    if let holders = known[limit] { return holders }
    let page = try await claims(
      of: limit, isWaiting: false, limit: LimitLook.holdersShownMax + 1)
    known[limit] = page
    return page
  }

  /// How many wait longer; nil when it is next, or not in line.
  private func ahead(of run: String, _ limit: LimitKey) async throws(StoreError) -> String? {
    let line = try await claims(of: limit, isWaiting: true, limit: LimitLook.lineShownMax)
    guard let place = line.firstIndex(where: { $0.text == run }) else {
      return line.count == LimitLook.lineShownMax ? "more than \(line.count) runs ahead" : nil
    }
    return place == 0 ? "next in line" : "\(place) run\(place == 1 ? "" : "s") ahead"
  }

  private func claims(
    of limit: LimitKey, isWaiting: Bool, limit max: Int
  ) async throws(StoreError) -> [RunID] {
    let page = try await ports.store.query(
      SchedulerTables.limitClaims,
      RecordQuery(
        table: SchedulerTables.limitClaims.name, index: "live",
        prefix: [.text(limit.description), .integer(isWaiting ? 1 : 0)], limit: max))
    return page.records.compactMap { RunID(text: $0.record.run) }
  }
}
