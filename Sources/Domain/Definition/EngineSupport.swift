/// Which keys of the language the engine does not carry out yet.
///
/// They are known to the language, so they are never taken for typing mistakes, and they are
/// refused with `unsupported-key` instead of being ignored. Taking a key off a list enables it,
/// once the engine does what it says.
public struct EngineSupport: Hashable, Sendable {
  public var refusedWorkflowKeys: [String]
  public var refusedTaskKeys: [String]

  public init(refusedWorkflowKeys: [String], refusedTaskKeys: [String]) {
    self.refusedWorkflowKeys = refusedWorkflowKeys
    self.refusedTaskKeys = refusedTaskKeys
  }

  /// What this version runs.
  public static let current = EngineSupport(
    refusedWorkflowKeys: ["on"],
    refusedTaskKeys: ["cache", "approval"])

  /// Everything that `WorkflowDefinition` has a place for.
  public static let model = EngineSupport(
    refusedWorkflowKeys: ["on"], refusedTaskKeys: ["cache", "approval"])
}
