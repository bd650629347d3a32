extension JSONLimits {
  /// For stored normal forms, which hold as many tasks as a definition may have, and
  /// scripts as long as a definition may be.
  public static let normalForm = JSONLimits(
    depthMax: 64, membersMax: 20_000, stringBytesMax: 4 << 20)
}
