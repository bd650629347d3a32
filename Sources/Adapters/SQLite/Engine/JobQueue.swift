internal import SystemAdapter

/// What became of a job that was offered to a queue.
enum QueueOffer: Hashable, Sendable { case accepted, full, closed }

/// A bounded queue from tasks to a thread: offering never blocks, taking does.
final class JobQueue<Job: Sendable>: Sendable {
  private struct State {
    var jobs: [(job: Job, weight: Int)] = []
    var weight = 0
    var isClosed = false
  }

  private let monitor = Monitor(State())
  private let jobsMax: Int
  private let weightMax: Int

  /// - Parameters:
  ///   - jobsMax: how many jobs may wait.
  ///   - weightMax: how much they may weigh together; a job alone may weigh more.
  init(jobsMax: Int, weightMax: Int = .max) {
    self.jobsMax = jobsMax
    self.weightMax = weightMax
  }

  /// Appends the job unless the queue is full or closed.
  func offer(_ job: Job, weight: Int = 0) -> QueueOffer {
    let answer = monitor.withLock { state -> QueueOffer in
      if state.isClosed { return .closed }
      let isEmpty = state.jobs.isEmpty
      let (sum, overflow) = state.weight.addingReportingOverflow(weight)
      guard isEmpty || state.jobs.count < jobsMax && !overflow && sum <= weightMax else {
        return .full
      }
      state.jobs.append((job, weight))
      state.weight = isEmpty ? weight : sum
      return .accepted
    }
    if answer == .accepted { monitor.signal() }
    return answer
  }

  /// Blocks until something waits and takes the oldest jobs, at least one, within the limits.
  ///
  /// - Returns: nothing once the queue is closed and empty.
  func take(jobsMax: Int, weightMax: Int = .max) -> [Job] {
    monitor.wait { state in
      guard !state.jobs.isEmpty else { return state.isClosed ? .done([]) : .wait }
      var count = 0
      var weight = 0
      for (_, more) in state.jobs {
        let (sum, overflow) = weight.addingReportingOverflow(more)
        guard count == 0 || count < jobsMax && !overflow && sum <= weightMax else { break }
        count += 1
        weight = sum
      }
      let taken = state.jobs.prefix(count).map(\.job)
      state.jobs.removeFirst(count)
      state.weight -= weight
      return .done(taken)
    }
  }

  /// Jobs that nobody has taken yet.
  var count: Int { monitor.withLock(\.jobs.count) }

  /// Refuses further jobs; what waits is still taken.
  func close() {
    monitor.withLock { $0.isClosed = true }
    monitor.signalAll()
  }
}
