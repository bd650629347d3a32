internal import Domain

extension RunMachine {
  /// Dispatches nothing more until the run is resumed.
  ///
  /// What runs goes on; what is offered and not claimed is taken back. Time-outs of attempts, tasks
  /// and the run itself go on; time in a queue does not, and counts anew from the resumption.
  mutating func pause(_ command: String, _ reason: Reason) {
    guard isNews(command), run.pause == nil else { return }
    switch run.phase {
    case .running, .finishing: break
    case .stopping, .quarantined, .ended: return
    }
    remember(command)
    run.pause = reason
    storeRun()
    work.append(.withdrawOffers(from: 0, instance: 0))
  }

  mutating func resume(_ command: String, at now: Moment) {
    guard isNews(command), run.pause != nil else { return }
    remember(command)
    run.pause = nil
    run.resumedAt = now
    storeRun()
    for place in livePlaces { watchDeadline(of: place) }
  }

  /// Takes back what is offered and not known to be claimed, a portion at a time.
  mutating func withdrawOffers(from start: Int, instance: Int, rowsMax: Int, at now: Moment) {
    guard run.isPaused else { return }
    var (node, instance) = (start, instance)
    while node < plan.nodes.count {
      guard effects.count < rowsMax else {
        work.append(.withdrawOffers(from: node, instance: instance))
        return
      }
      if case .expanding = tasks[node].phase, instance < groups[node]?.instances.count ?? 0 {
        withdraw(TaskPlace(node, instance), at: now)
        instance += 1
        continue
      }
      withdraw(TaskPlace(node), at: now)
      node += 1
      instance = 0
    }
  }

  private mutating func withdraw(_ place: TaskPlace, at now: Moment) {
    guard case .offered(let offer) = task(at: place)?.phase, offer.claim == nil else { return }
    stop(place, .paused, at: now)
  }
}
