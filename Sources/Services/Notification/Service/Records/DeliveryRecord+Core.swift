internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

extension DeliveryRecord {
  /// When somebody must look at it again; nil when it is over. The column that is looked along.
  var dueUs: Int64? {
    switch phase {
    case "waiting": phaseAtUs
    case "sending": leaseUntilUs
    default: nil
    }
  }

  /// By which way it goes, as figures and traces call it.
  var channel: String { mail.isEmpty ? "webhook" : "mail" }

  var isTest: Bool { occasion == Occasion.test.rawValue }

  /// A new message that is due at once.
  init(
    _ id: DeliveryID, _ message: Fanout.Message, _ end: RunEnd, _ trace: TraceContext?,
    at now: Moment
  ) {
    self.init(
      delivery: id.text, namespace: end.namespace.text,
      subscription: message.subscription?.text ?? "", occasion: message.occasion.rawValue,
      end: RunEndMessage(end), createdAtUs: now.microseconds, trace: TraceContext.stored(trace))
    if case .person(let address) = message.recipient { mail = address }
    take(Delivery(id, at: now))
  }

  /// The machine, out of its record; nil for a record of a broken writer.
  var machine: Delivery? {
    guard let id = DeliveryID(text: delivery) else { return nil }
    let at = Moment(microseconds: phaseAtUs)
    let phase: Delivery.Phase
    switch self.phase {
    case "waiting": phase = .waiting(due: at)
    case "sending":
      guard let sender = ProcessID(text: sender) else { return nil }
      phase = .sending(by: sender, since: at, deadline: Moment(microseconds: leaseUntilUs))
    case "delivered": phase = .delivered(at: at)
    case "failed": phase = .failed(at: at)
    case "unknown": phase = .unknown(at: at)
    default: return nil
    }
    return Delivery(
      id, phase: phase, attempts: attempts.map(Delivery.Attempt.init),
      attemptCount: Int(clamping: attemptCount), attemptsInRound: Int(clamping: attemptsInRound),
      roundStartedAt: Moment(microseconds: roundStartedAtUs), note: note.map(Delivery.Note.init))
  }

  mutating func take(_ machine: Delivery) {
    (sender, leaseUntilUs) = ("", 0)
    switch machine.phase {
    case .waiting(let due): (phase, phaseAtUs) = ("waiting", due.microseconds)
    case .sending(let process, let since, let deadline):
      (phase, phaseAtUs) = ("sending", since.microseconds)
      (sender, leaseUntilUs) = (process.text, deadline.microseconds)
    case .delivered(let at): (phase, phaseAtUs) = ("delivered", at.microseconds)
    case .failed(let at): (phase, phaseAtUs) = ("failed", at.microseconds)
    case .unknown(let at): (phase, phaseAtUs) = ("unknown", at.microseconds)
    }
    attempts = machine.attempts.map(DeliveryRecord.Attempt.init)
    attemptCount = Int64(machine.attemptCount)
    attemptsInRound = Int64(machine.attemptsInRound)
    roundStartedAtUs = machine.roundStartedAt.microseconds
    note = machine.note.map(DeliveryRecord.Note.init)
  }
}

extension DeliveryRecord.Attempt {
  init(_ attempt: Delivery.Attempt) {
    self.init(
      number: Int64(attempt.number), startedAtUs: attempt.startedAt.microseconds,
      endedAtUs: attempt.endedAt?.microseconds, result: attempt.result.rawValue,
      note: attempt.note.map(DeliveryRecord.Note.init))
  }
}

extension DeliveryRecord.Note {
  init(_ note: Delivery.Note) {
    self.init(code: note.code, message: note.message, status: note.status.map(Int64.init))
  }
}

extension Delivery.Attempt {
  init(_ attempt: DeliveryRecord.Attempt) {
    self.init(
      number: Int(clamping: attempt.number),
      startedAt: Moment(microseconds: attempt.startedAtUs),
      endedAt: attempt.endedAtUs.map(Moment.init(microseconds:)),
      result: Result(rawValue: attempt.result) ?? .unknown,
      note: attempt.note.map(Delivery.Note.init))
  }
}

extension Delivery.Note {
  init(_ note: DeliveryRecord.Note) {
    self.init(note.code, note.message, status: note.status.map { Int(clamping: $0) })
  }

  init(_ note: DeliveryNote) {
    self.init(note.code.rawValue, note.message, status: note.status)
  }
}

extension Delivery.Answer {
  init(_ reply: DeliveryReply) {
    switch reply {
    case .delivered(let note): self = .delivered(Delivery.Note(note))
    case .refused(let note): self = .refused(Delivery.Note(note))
    case .temporary(let note, let wait): self = .temporary(Delivery.Note(note), retryAfter: wait)
    case .outcomeUnknown(let note): self = .unknown(Delivery.Note(note))
    }
  }
}
