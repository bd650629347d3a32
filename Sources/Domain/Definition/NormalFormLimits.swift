extension JSONLimits {
  /// For stored normal forms, which hold as many tasks as a definition may have.
  public static let normalForm = JSONLimits(depthMax: 64, membersMax: 20_000)
}
