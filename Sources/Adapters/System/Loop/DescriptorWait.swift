/// The tasks that wait for one descriptor, at most one for each direction. Confined to the loop.
final class DescriptorWait {
  typealias Answer = Result<Void, LoopError>

  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: Watch?
  private var reader: Ticket?
  private var writer: Ticket?

  init(_ descriptor: Int32, on loop: EventLoop) {
    self.descriptor = descriptor
    self.loop = loop
  }

  func begin(_ ticket: Ticket) {
    let isTaken = ticket.isWriting ? writer != nil : reader != nil
    precondition(!isTaken, "two tasks wait for the same side of descriptor \(descriptor)")
    if ticket.isWriting { writer = ticket } else { reader = ticket }
    do {
      if let watch {
        try watch.change(to: interest)
      } else {
        watch = try loop.watch(descriptor, for: interest) { [unowned self] in ready($0) }
        loop.waits[descriptor] = self
      }
    } catch {
      leave(ticket)
      ticket.resume(.failure(error))
    }
  }

  /// Takes a ticket out that shall not wait any more.
  func leave(_ ticket: Ticket) {
    if writer === ticket { writer = nil }
    if reader === ticket { reader = nil }
    settle()
  }

  func end(_ answer: Answer) {
    let tickets = [reader, writer]
    reader = nil
    writer = nil
    settle()
    for ticket in tickets { ticket?.resume(answer) }
  }

  private var interest: Readiness {
    var interest: Readiness = []
    if reader != nil { interest.formUnion([.readable, .peerClosed]) }
    if writer != nil { interest.insert(.writable) }
    return interest
  }

  private func ready(_ readiness: Readiness) {
    let isOver = !readiness.isDisjoint(with: .failed)
    var woken: [Ticket] = []
    if let reader, isOver || !readiness.isDisjoint(with: [.readable, .peerClosed]) {
      woken.append(reader)
      self.reader = nil
    }
    if let writer, isOver || readiness.contains(.writable) {
      woken.append(writer)
      self.writer = nil
    }
    settle()
    for ticket in woken { ticket.resume(.success(())) }
  }

  /// Asks the loop for what is still waited for; the descriptor may be closed once nothing is.
  private func settle() {
    if reader == nil, writer == nil {
      watch?.cancel()
      watch = nil
      if loop.waits[descriptor] === self { loop.waits[descriptor] = nil }
    } else {
      try? watch?.change(to: interest)
    }
  }
}

/// One waiting task. Confined to the loop; other threads only carry it there.
final class Ticket: @unchecked Sendable {
  let descriptor: Int32
  let isWriting: Bool
  private var continuation: CheckedContinuation<DescriptorWait.Answer, Never>?
  private var isCancelled = false

  init(_ descriptor: Int32, isWriting: Bool) {
    self.descriptor = descriptor
    self.isWriting = isWriting
  }

  func begin(
    _ continuation: CheckedContinuation<DescriptorWait.Answer, Never>, on loop: EventLoop
  ) {
    guard !isCancelled, !loop.isDraining else {
      return continuation.resume(returning: .failure(.cancelled))
    }
    self.continuation = continuation
    let wait = loop.waits[descriptor] ?? DescriptorWait(descriptor, on: loop)
    wait.begin(self)
  }

  func cancel(on loop: EventLoop) {
    isCancelled = true
    guard continuation != nil else { return }
    loop.waits[descriptor]?.leave(self)
    resume(.failure(.cancelled))
  }

  func resume(_ answer: DescriptorWait.Answer) {
    continuation?.resume(returning: answer)
    continuation = nil
  }
}

extension EventLoop {
  /// Returns when the descriptor can be read without blocking, or its peer has closed. From any
  /// task.
  ///
  /// One task at a time waits for each side of a descriptor, and it stays open until then.
  ///
  /// - Throws: `.cancelled` as soon as the task is cancelled; `.system` when the descriptor is
  ///   closed, is a plain file, or is watched.
  public func readable(_ descriptor: Int32) async throws(LoopError) {
    try await wait(Ticket(descriptor, isWriting: false))
  }

  /// Returns when the descriptor can be written without blocking; otherwise like `readable`.
  public func writable(_ descriptor: Int32) async throws(LoopError) {
    try await wait(Ticket(descriptor, isWriting: true))
  }

  private func wait(_ ticket: Ticket) async throws(LoopError) {
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        perform { ticket.begin(continuation, on: self) }
      }
    } onCancel: {
      perform { ticket.cancel(on: self) }
    }
    try answer.get()
  }
}
