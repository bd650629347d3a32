internal import CLinux
internal import Domain
internal import SystemAdapter

/// A client's connection and its own one to the broker. Confined to the loop.
final class Link {
  /// A fetch that the broker has no records for now.
  private final class Held {
    let fetch: Messages.Fetch
    let version: Int
    let deadline: Uptime
    /// Nil while the broker looks.
    var emptyAnswer: [UInt8]?
    /// Whether something was appended while the broker looked.
    var hasNews = false
    var timer: LoopTimer?

    init(_ fetch: Messages.Fetch, version: Int, deadline: Uptime) {
      self.fetch = fetch
      self.version = version
      self.deadline = deadline
    }
  }

  private let front: Front
  private var client: Stream?
  private var broker: Stream?
  private var fetches: [Int: Held] = [:]
  private var produced: [Int: Set<String>] = [:]
  /// Requests by what must be changed in their answers.
  private var asked: Set<Int> = []
  private var addressed: Set<Int> = []

  init?(_ descriptor: Int32, _ front: Front) {
    self.front = front
    client = Stream(
      descriptor, on: front.loop, onFrame: { [weak self] in self?.request($0) },
      onEnd: { [weak self] in self?.close() })
    guard client != nil else { return nil }
    let upstream = millrace_connect(&front.broker)
    guard upstream >= 0 else {
      client?.close()
      return nil
    }
    broker = Stream(
      upstream, on: front.loop, onFrame: { [weak self] in self?.answer($0) },
      onEnd: { [weak self] in self?.close() })
    guard broker != nil else {
      client?.close()
      return nil
    }
  }

  func close() {
    client?.close()
    broker?.close()
    for held in fetches.values { held.timer?.cancel() }
    fetches = [:]
    front.forget(self)
  }

  private func request(_ frame: [UInt8]) {
    guard let head = Messages.head(frame) else {
      broker?.send(frame)
      return
    }
    switch head.key {
    case Messages.Key.fetch where front.isWaiting:
      guard let fetch = Messages.fetch(frame, head) else { break }
      let deadline = front.time.uptime() + .milliseconds(fetch.waitMilliseconds)
      fetches[head.correlation] = Held(fetch, version: head.version, deadline: deadline)
      broker?.send(fetch.impatient)
      return
    case Messages.Key.produce: produced[head.correlation] = Messages.places(produce: frame, head)
    case Messages.Key.apiVersions where head.version >= 3: asked.insert(head.correlation)
    case Messages.Key.metadata, Messages.Key.findCoordinator: addressed.insert(head.correlation)
    default: break
    }
    broker?.send(frame)
  }

  private func answer(_ frame: [UInt8]) {
    guard let correlation = Messages.correlation(frame) else {
      client?.send(frame)
      return
    }
    if let held = fetches[correlation] {
      guard Messages.isEmpty(fetchAnswer: frame, version: held.version),
        front.time.uptime() < held.deadline
      else {
        fetches[correlation] = nil
        held.timer?.cancel()
        client?.send(frame)
        return
      }
      return hold(held, correlation, frame)
    }
    if asked.remove(correlation) != nil {
      client?.send(Messages.withoutTags(frame))
    } else if addressed.remove(correlation) != nil {
      client?.send(Messages.replacing(front.hosts.broker, by: front.hosts.front, in: frame))
    } else {
      client?.send(frame)
    }
    if let places = produced.removeValue(forKey: correlation) { front.wake(places) }
  }

  private func hold(_ held: Held, _ correlation: Int, _ frame: [UInt8]) {
    held.emptyAnswer = frame
    if held.timer == nil {
      let timer = LoopTimer(on: front.loop) { [weak self, weak held] _ in
        guard let self, let held, let answer = held.emptyAnswer else { return }
        fetches[correlation] = nil
        client?.send(answer)
      }
      held.timer = timer
      timer.set(to: held.deadline)
    }
    if held.hasNews { ask(held) }
  }

  /// Records have come: whoever waits for them asks once more.
  func wake(_ places: Set<String>) {
    for held in fetches.values where !held.fetch.places.isDisjoint(with: places) {
      if held.emptyAnswer != nil { ask(held) } else { held.hasNews = true }
    }
  }

  private func ask(_ held: Held) {
    held.emptyAnswer = nil
    held.hasNews = false
    broker?.send(held.fetch.impatient)
  }
}
