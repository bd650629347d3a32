internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// What an owner looks for when it begins, and when it has to begin anew.
extension PartitionOwner {
  /// Where to read on in each topic. Rewinding is always legal, and what happens when a log is not
  /// the one that the offset is about.
  func placeOffsets() async throws {
    let topics = SchedulerTopics.inputs
    let found = try await ports.bus.bounds(topics.map { TopicPartition($0, partition) })
    for (topic, bounds) in zip(topics, found) {
      let known = record.offsets.first { $0.topic == topic }
      let isSame =
        known?.incarnation == bounds.incarnation
        && (bounds.earliest...max(bounds.end, bounds.earliest)).contains(known?.next ?? -1)
      if !isSame, known != nil { ports.context.probe.reached("owner.rewound") }
      positions[topic] = LogPosition(
        incarnation: bounds.incarnation, next: isSame ? known?.next ?? 0 : bounds.earliest)
      tellLag(bounds.end - (positions[topic]?.next ?? 0), of: topic)
    }
  }

  /// Live runs of the partition, with when they want to be woken. They are loaded when they are.
  func findDormant() async throws {
    dormant = []
    defer { if !dormant.isEmpty { ports.context.probe.reached("owner.found-dormant") } }
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.runs,
        RecordQuery(
          table: SchedulerTables.runs.name, index: "live", prefix: [.integer(Int64(partition))],
          limit: RunLoader.tasksPerPage, after: cursor))
      for row in page.records {
        guard let id = RunID(text: row.record.run) else { continue }
        dormant.insert(id)
        if let due = row.record.deadlineUs { clock.watch(id, Moment(microseconds: due)) }
      }
      cursor = page.next
    } while cursor != nil
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.tasks,
        RecordQuery(
          table: SchedulerTables.tasks.name, index: "due", prefix: [.integer(Int64(partition))],
          limit: RunLoader.tasksPerPage, after: cursor))
      for row in page.records {
        guard let id = RunID(text: row.record.run), let due = row.record.deadlineUs,
          dormant.contains(id)
        else { continue }
        clock.watch(id, Moment(microseconds: due))
      }
      cursor = page.next
    } while cursor != nil
  }

  /// Commands are few that wait for their run, those of all partitions together.
  func findAwaited() async throws {
    awaited = []
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.pendingCommands,
        RecordQuery(
          table: SchedulerTables.pendingCommands.name, limit: RunLoader.tasksPerPage,
          after: cursor))
      for row in page.records {
        guard let run = RunID(text: row.record.run),
          Partitioning.partition(of: run.text) == partition
        else { continue }
        awaited.insert(run)
      }
      cursor = page.next
    } while cursor != nil
  }
}
