/// What the processes of an attempt have used, those that they started included.
public struct ResourceUsage: Hashable, Sendable {
  /// Of the processor, for themselves and in the system for them.
  public var processorTime: Duration
  /// Of memory, by the largest process at its largest.
  public var memoryPeakBytes: Int64

  public init(processorTime: Duration, memoryPeakBytes: Int64) {
    self.processorTime = processorTime
    self.memoryPeakBytes = memoryPeakBytes
  }
}
