public import Domain
public import Ports

extension PrefixedID {
  /// The same id for the same number; ids sort as their numbers do.
  public static func sample(_ number: UInt64 = 1) -> Self {
    Self(
      SortableID(
        high: number << 16 | 0x7000, low: StableHash.mixed(number) >> 2 | 0x8000_0000_0000_0000))
  }
}

extension AttemptID {
  /// An attempt of a task of a sample run.
  public static func sample(
    _ task: String = "task", index: Int? = nil, run: UInt64 = 1, fence: Int = 1
  ) -> AttemptID {
    AttemptID(
      run: .sample(run), task: TaskKey(TaskName(unchecked: task), index: index),
      fence: Fence(fence))
  }
}

extension WorkOrder {
  /// An order to run `true`.
  public static func sample(
    _ attempt: AttemptID = .sample(), work: Work = .run(argv: ["true"])
  ) -> WorkOrder {
    WorkOrder(attempt: attempt, work: work)
  }
}
