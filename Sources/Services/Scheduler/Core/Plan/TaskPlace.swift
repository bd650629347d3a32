/// A task of a plan by number, or one instance of a `forEach` task.
public struct TaskPlace: Hashable, Comparable, Sendable {
  public var node: Int
  /// Nil for a task that is no instance.
  public var instance: Int?

  public init(_ node: Int, _ instance: Int? = nil) {
    self.node = node
    self.instance = instance
  }

  public static func < (left: TaskPlace, right: TaskPlace) -> Bool {
    (left.node, left.instance ?? -1) < (right.node, right.instance ?? -1)
  }
}
