public import Domain

extension ResourceUsageMessage {
  public init(_ usage: ResourceUsage) {
    self.init(
      processorUs: usage.processorTime.wholeMicroseconds, memoryPeakBytes: usage.memoryPeakBytes)
  }
}

extension ResourceUsage {
  /// What cannot be less than nothing is not.
  public init(_ message: ResourceUsageMessage) {
    self.init(
      processorTime: .microseconds(max(message.processorUs, 0)),
      memoryPeakBytes: max(message.memoryPeakBytes, 0))
  }
}
