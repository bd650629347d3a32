public import Domain

/// How long things may take.
public struct DeliveryLimits: Hashable, Sendable {
  public var schedule: RetrySchedule
  /// How long a process may be under way with one message before others may believe it gone. Longer
  /// than any attempt takes.
  public var lease: Duration
  /// How long a message waits for a paused subscription.
  public var heldMax: Duration

  public init(
    schedule: RetrySchedule = RetrySchedule(), lease: Duration = .seconds(90),
    heldMax: Duration = .seconds(72 * 3_600)
  ) {
    self.schedule = schedule
    self.lease = lease
    self.heldMax = heldMax
  }
}

extension Delivery {
  public mutating func apply(
    _ event: Event, _ limits: DeliveryLimits, at now: Moment
  ) -> [Effect] {
    switch (phase, event) {
    case (.waiting(let due), .claimed(let process)):
      guard now >= due else { return [.refuse(.notDue)] }
      return begin(process, limits, at: now)
    case (.sending, .claimed):
      return [.refuse(.underWay)]
    case (.delivered, .claimed), (.failed, .claimed), (.unknown, .claimed):
      return [.refuse(.final)]

    case (.sending, .answered(let number, let answer)) where number == attemptCount:
      return end(answer, limits, at: now)
    case (.sending, .answered(let number, let answer)),
      (.waiting, .answered(let number, let answer)), (.failed, .answered(let number, let answer)),
      (.unknown, .answered(let number, let answer)),
      (.delivered, .answered(let number, let answer)):
      return learn(number, answer, at: now)

    case (.sending, .senderLost):
      let note = Note("sender-lost", "the process that was sending it is gone")
      return end(.unknown(note), limits, at: now)
    case (.waiting, .senderLost), (.delivered, .senderLost), (.failed, .senderLost),
      (.unknown, .senderLost):
      return []

    case (.waiting, .held(let until, let why)):
      guard now < roundStartedAt + limits.heldMax else {
        note = Note(why.code, why.message + "; it was not sent any more")
        phase = .failed(at: now)
        return []
      }
      note = why
      phase = .waiting(due: until)
      return []
    case (.waiting, .dropped(let why)):
      note = why
      phase = .failed(at: now)
      return []
    case (.sending, .held), (.delivered, .held), (.failed, .held), (.unknown, .held),
      (.sending, .dropped), (.delivered, .dropped), (.failed, .dropped), (.unknown, .dropped):
      return []

    case (.waiting, .redeliverAsked), (.delivered, .redeliverAsked), (.failed, .redeliverAsked),
      (.unknown, .redeliverAsked):
      attemptsInRound = 0
      roundStartedAt = now
      note = nil
      phase = .waiting(due: now)
      return []
    case (.sending, .redeliverAsked):
      return [.refuse(.underWay)]
    }
  }

  private mutating func begin(
    _ process: ProcessID, _ limits: DeliveryLimits, at now: Moment
  ) -> [Effect] {
    attemptCount += 1
    attemptsInRound += 1
    attempts.append(Attempt(number: attemptCount, startedAt: now))
    if attempts.count > Delivery.attemptsKeptMax { attempts.removeFirst() }
    note = nil
    phase = .sending(by: process, since: now, deadline: now + limits.lease)
    return [.send(attempt: attemptCount)]
  }

  /// The attempt that is under way has an answer.
  private mutating func end(
    _ answer: Answer, _ limits: DeliveryLimits, at now: Moment
  ) -> [Effect] {
    record(attemptCount, answer, at: now)
    let asked: Duration?
    switch answer {
    case .delivered:
      phase = .delivered(at: now)
      return [.tellSubscription(.taken)]
    case .refused(let note):
      phase = .failed(at: now)
      return [.tellSubscription(note.code == "gone" ? .gone : .notTaken)]
    case .temporary(_, let retryAfter):
      asked = retryAfter
    case .unknown:
      asked = nil
    }
    if let wait = limits.schedule.wait(after: attemptsInRound, asked: asked, key: id.text) {
      phase = .waiting(due: now + wait)
    } else if isAnyUnknown {
      phase = .unknown(at: now)
    } else {
      phase = .failed(at: now)
    }
    return [.tellSubscription(.notTaken)]
  }

  /// Whether any attempt of this round may have arrived.
  private var isAnyUnknown: Bool {
    attempts.suffix(attemptsInRound).contains { $0.result == .unknown }
  }

  /// An answer to an attempt that was given up before. A good one ends the message, whatever was
  /// believed meanwhile; anything else is only recorded.
  private mutating func learn(_ number: Int, _ answer: Answer, at now: Moment) -> [Effect] {
    guard attempts.contains(where: { $0.number == number && $0.result == .unknown }) else {
      return []
    }
    record(number, answer, at: now)
    guard case .delivered = answer else { return [] }
    switch phase {
    case .waiting, .failed, .unknown:
      phase = .delivered(at: now)
      return [.tellSubscription(.taken)]
    case .sending, .delivered:
      return []
    }
  }

  private mutating func record(_ number: Int, _ answer: Answer, at now: Moment) {
    guard let place = attempts.firstIndex(where: { $0.number == number }) else { return }
    attempts[place].endedAt = now
    attempts[place].result = answer.result
    attempts[place].note = answer.note
  }
}
