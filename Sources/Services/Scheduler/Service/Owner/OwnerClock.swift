internal import Domain

/// When runs want to be woken, the earliest first. Entries that no longer hold wake for nothing.
struct OwnerClock {
  private struct Alarm: Comparable {
    var at: Moment
    var run: RunID

    static func < (left: Alarm, right: Alarm) -> Bool {
      (left.at, left.run) < (right.at, right.run)
    }
  }

  private var alarms = Heap<Alarm>()

  var next: Moment? { alarms.first?.at }

  mutating func watch(_ run: RunID, _ at: Moment) {
    alarms.push(Alarm(at: at, run: run))
  }

  /// The runs that are due, each once.
  mutating func due(at now: Moment, max: Int) -> SortedSet<RunID> {
    var due: SortedSet<RunID> = []
    while let alarm = alarms.first, alarm.at <= now, due.count < max {
      alarms.pop()
      due.insert(alarm.run)
    }
    return due
  }
}
