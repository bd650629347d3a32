public import Domain

/// Where a file belongs: no two artifacts that are there have the same place in a run.
public struct ArtifactPlace: Hashable, Sendable {
  /// Which attempt made it. Files of a retried attempt hide those of the one before from nobody.
  public struct Maker: Hashable, Sendable {
    public var task: TaskKey
    public var fence: Fence

    public init(task: TaskKey, fence: Fence) {
      self.task = task
      self.fence = fence
    }
  }

  public var namespace: NamespaceName
  /// Nil for a file that was brought before any run; such files may share names.
  public var run: RunID?
  /// Nil for a file that no task has made.
  public var maker: Maker?
  public var name: String
  /// Which of several files of the name, relative; empty for the only one.
  public var path: String

  public init(
    namespace: NamespaceName, run: RunID? = nil, maker: Maker? = nil, name: String,
    path: String = ""
  ) {
    self.namespace = namespace
    self.run = run
    self.maker = maker
    self.name = name
    self.path = path
  }

  /// The name to save it by.
  public var fileName: String {
    path.split(separator: "/").last.map(String.init) ?? name
  }
}
