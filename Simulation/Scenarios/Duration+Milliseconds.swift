internal import Domain

extension Duration {
  /// Without what no file of the simulator can say: what is written down can be read again.
  public var inWholeMilliseconds: Duration { .milliseconds(wholeMicroseconds / 1_000) }
}
