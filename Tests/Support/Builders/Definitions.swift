public import Domain

extension TaskDefinition {
  /// A task that runs `true`; `needs` are names of tasks that must succeed.
  public static func sample(
    _ name: String = "task", needs: [String] = [],
    work: TaskWork = .run(argv: [Template(text: "true")]), retry: RetryPolicy = RetryPolicy()
  ) -> TaskDefinition {
    TaskDefinition(
      name: TaskName(unchecked: name), needs: needs.sorted().map { Need(TaskName(unchecked: $0)) },
      work: work, retry: retry)
  }
}

extension WorkflowDefinition {
  /// A workflow of the given tasks, one by default, in the order of their names.
  public static func sample(
    _ name: String = "sample", tasks: [TaskDefinition] = [.sample()],
    finally: [TaskDefinition] = []
  ) -> WorkflowDefinition {
    WorkflowDefinition(
      namespace: .default, name: WorkflowName(unchecked: name),
      tasks: tasks.sorted { $0.name < $1.name }, finally: finally.sorted { $0.name < $1.name })
  }

  /// `task-00001`, `task-00002`, …: no task needs another.
  public static func independent(_ count: Int) -> WorkflowDefinition {
    sample("independent", tasks: (1...max(count, 1)).map { .sample(numbered($0)) })
  }

  /// Each task needs the one before.
  public static func chain(_ count: Int) -> WorkflowDefinition {
    sample(
      "chain",
      tasks: (1...max(count, 1)).map { number in
        .sample(numbered(number), needs: number == 1 ? [] : [numbered(number - 1)])
      })
  }

  /// `first`, then `width` tasks that need it, then `last` that needs them all.
  public static func fanOut(_ width: Int) -> WorkflowDefinition {
    let middle = (1...max(width, 1)).map(numbered)
    return sample(
      "fan-out",
      tasks: [.sample("first"), .sample("last", needs: middle)]
        + middle.map { .sample($0, needs: ["first"]) })
  }

  /// Five digits, so that names sort as their numbers do.
  private static func numbered(_ number: Int) -> String {
    let digits = String(number)
    return "task-" + String(repeating: "0", count: max(5 - digits.count, 0)) + digits
  }
}
