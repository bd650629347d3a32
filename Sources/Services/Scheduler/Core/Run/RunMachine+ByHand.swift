public import Domain

extension RunMachine {
  /// A person decides how a task ends. An attempt that may run is stopped first; what it comes to
  /// meanwhile counts only if it succeeds.
  ///
  /// Refused, without effect: tasks that have ended, `forEach` tasks whose instances are under way,
  /// outputs that are not the declared ones, and runs that are not under way.
  mutating func overrideTask(
    _ command: String, _ key: TaskKey, _ override: TaskOverride, at now: Moment
  ) {
    guard isNews(command), mayOverride(key, override), let place = place(of: key),
      let task = task(at: place)
    else { return }
    remember(command)
    storeRun()
    change(place) { $0.override = override }
    switch task.phase {
    case .waiting, .ready, .backoff:
      endByHand(place, override, at: now)
    case .offered, .withdrawing, .stopping:
      stop(place, .overridden, at: now)
    case .expanding, .ended:
      return
    }
  }

  /// Whether an override would be taken now.
  public func mayOverride(_ key: TaskKey, _ override: TaskOverride) -> Bool {
    guard let place = place(of: key), let task = task(at: place), !isKeptAndWaiting(place),
      !run.isWaitingForPermit
    else {
      return false
    }
    switch run.phase {
    case .running, .finishing: break
    case .stopping, .quarantined, .ended: return false
    }
    switch task.phase {
    case .waiting, .ready, .offered, .backoff, .withdrawing(.paused, since: _): break
    case .expanding, .withdrawing, .stopping, .ended: return false
    }
    return fits(override, place)
  }

  /// A success has exactly the outputs that the task declares.
  private func fits(_ override: TaskOverride, _ place: TaskPlace) -> Bool {
    guard override.outcome == .succeeded else { return override.outputs.isEmpty }
    let node = plan.nodes[place.node].definition
    let isWholeGroup = node.forEach != nil && place.instance == nil
    guard !isWholeGroup else { return node.outputs.isEmpty && override.outputs.isEmpty }
    return node.outputs.keys == override.outputs.keys
      && node.outputs.allSatisfy { name, type in
        override.outputs[name].map(type.accepts) ?? false
      }
  }

  mutating func endByHand(_ place: TaskPlace, _ override: TaskOverride, at now: Moment) {
    change(place) { $0.outputs = override.outputs }
    let reason = Reason(
      code: "set-by-hand", message: override.reason.message, since: now,
      blockers: override.reason.blockers)
    move(place, to: .ended(override.outcome.outcome), because: reason, at: now)
  }
}

extension RunMachine {
  /// Whether a command has not been applied yet, as far as is remembered.
  func isNews(_ command: String) -> Bool {
    command.isEmpty || !run.commands.contains(command)
  }

  mutating func remember(_ command: String) {
    guard !command.isEmpty else { return }
    run.commands.append(command)
    if run.commands.count > RunState.commandsKept { run.commands.removeFirst() }
  }
}
