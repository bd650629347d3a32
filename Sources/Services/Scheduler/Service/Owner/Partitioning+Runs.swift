internal import Domain
internal import Ports

extension Partitioning {
  /// Attempts by the partition of their run, each group in the order of the attempts.
  static func grouped(
    _ attempts: some Sequence<AttemptID>
  ) -> [(partition: Int, attempts: [AttemptID])] {
    var groups: SortedMap<Int, [AttemptID]> = [:]
    var last: (run: RunID, partition: Int)?
    for attempt in attempts {
      // Attempts of one run mostly come together.
      if last?.run != attempt.run {
        last = (attempt.run, partition(of: attempt.run.text))
      }
      if let last { groups[last.partition, default: []].append(attempt) }
    }
    return groups.map { ($0.key, $0.value) }
  }

  /// Runs by their partition.
  static func grouped(_ runs: [RunID]) -> [(partition: Int, runs: [RunID])] {
    var groups: SortedMap<Int, [RunID]> = [:]
    for run in runs { groups[partition(of: run.text), default: []].append(run) }
    return groups.map { ($0.key, $0.value) }
  }
}
