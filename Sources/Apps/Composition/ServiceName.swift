/// The services of the platform, as they are called on command lines and in databases.
public enum ServiceName: String, Hashable, Sendable, CaseIterable {
  case iam, workflow, scheduler, worker, metadata, notification, artifact

  /// Whether it keeps records in a schema of its own, of the same name.
  public var hasSchema: Bool { self != .worker && self != .metadata }
}
