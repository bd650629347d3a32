internal import Domain
internal import Synchronization

/// Work that many ask for at the same time and one does: the others get its answer.
///
/// Work that fails, or whose task is cancelled, answers nobody else: one of those who wait does it
/// again. Nothing is remembered once it has ended.
public final class SharedWork<Key: Comparable & Sendable, Answer: Sendable>: Sendable {
  private typealias Waiter = FirstAnswer<Answer?>

  /// What is under way, and who waits for it.
  private let underWay = Mutex<SortedMap<Key, [Waiter]>>([:])

  public init() {}

  /// - Parameter work: what answers the key, whoever asks. Run by the caller's task or by that of
  ///   another caller who asks for the same key.
  public func answer<Failure: Error>(
    to key: Key, _ work: () async throws(Failure) -> Answer
  ) async throws(Failure) -> Answer {
    while let waiter = join(key) {
      let answer = await withTaskCancellationHandler {
        await waiter.value()
      } onCancel: {
        waiter.give(nil)
      }
      if let answer { return answer }
      // It ends soon by itself.
      if Task.isCancelled { return try await work() }
    }
    do throws(Failure) {
      let answer = try await work()
      end(key, Task.isCancelled ? nil : answer)
      return answer
    } catch {
      end(key, nil)
      throw error
    }
  }

  /// Nil for who has to do it.
  private func join(_ key: Key) -> Waiter? {
    underWay.withLock { underWay in
      guard underWay[key] != nil else {
        underWay[key] = []
        return nil
      }
      let waiter = Waiter()
      underWay[key]?.append(waiter)
      return waiter
    }
  }

  private func end(_ key: Key, _ answer: Answer?) {
    let waiters = underWay.withLock { $0.removeValue(for: key) }
    for waiter in waiters ?? [] { waiter.give(answer) }
  }
}
