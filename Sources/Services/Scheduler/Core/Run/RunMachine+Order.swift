public import Domain

extension RunMachine {
  /// Whether a result of the attempt would still change its task.
  public func isWaiting(for key: TaskKey, _ fence: Fence) -> Bool {
    guard run.phase != .quarantined, let place = place(of: key), let task = task(at: place) else {
      return false
    }
    guard task.fence == fence else { return task.fence < fence }
    switch task.phase {
    case .offered, .withdrawing, .stopping: return true
    case .waiting, .expanding, .ready, .backoff, .ended: return false
    }
  }

  /// The order of the newest attempt of an offered task; nil when it is not offered with this
  /// fence, or the run was set aside.
  public func order(_ key: TaskKey, _ fence: Fence) -> AttemptOrder? {
    guard run.phase != .quarantined, let place = place(of: key), let task = task(at: place),
      task.fence == fence, case .offered = task.phase
    else { return nil }
    let node = plan.nodes[place.node]
    // It was rendered before it was offered, from facts that cannot change.
    guard
      let rendered = node.fixedWork
        ?? (try? RenderedWork(node.definition, in: scope(of: place)))
    else { return nil }
    return AttemptOrder(
      AttemptID(run: run.id, task: key, fence: fence), namespace: run.namespace,
      workflow: run.workflow, node.definition, rendered,
      files: node.definition.files.map(fileOrder))
  }

  private func fileOrder(_ rule: FileRule) -> FileOrder {
    switch rule.source {
    case .artifact(let task, let name):
      let keeper = plan.node(named: task).flatMap { tasks[$0].keptFrom }
      return FileOrder(.artifact(task, name: name, of: keeper), to: rule.to)
    case .input(let name):
      // Inputs were bound by their types: one that a file names is a string.
      guard case .string(let id)? = run.inputs[name] else { return FileOrder(.id(""), to: rule.to) }
      return FileOrder(.id(id), to: rule.to)
    }
  }
}
