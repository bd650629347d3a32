import Domain
import NotificationCore
import Testing

struct DeliverySweepTests {
  private let limits = DeliveryLimits(
    schedule: RetrySchedule(waits: [.seconds(10)], jitterPercent: 0))
  private let id = DeliveryID(SortableID(high: 1, low: 2))

  /// Names the phase, without what it carries.
  private func word(_ phase: Delivery.Phase) -> String {
    switch phase {
    case .waiting: "waiting"
    case .sending: "sending"
    case .delivered: "delivered"
    case .failed: "failed"
    case .unknown: "unknown"
    }
  }

  private var phases: [Delivery.Phase] {
    [
      .waiting(due: .at(10)), .sending(by: process, since: .at(10), deadline: .at(100)),
      .delivered(at: .at(10)), .failed(at: .at(10)), .unknown(at: .at(10)),
    ]
  }

  private func delivery(_ phase: Delivery.Phase) -> Delivery {
    Delivery(
      id, phase: phase,
      attempts: [
        .init(number: 1, startedAt: .at(1), endedAt: .at(2), result: .unknown, note: .some),
        .init(number: 2, startedAt: .at(10)),
      ], attemptCount: 2, attemptsInRound: 1, roundStartedAt: .at(0))
  }

  /// Every event in every phase: where it leads, for waiting, sending, delivered, failed, unknown.
  @Test func `each pair leads where the table says`() {
    let stay = ["waiting", "sending", "delivered", "failed", "unknown"]
    let note = Delivery.Note.some
    let table: [(Delivery.Event, [String])] = [
      (.claimed(by: process), ["sending", "sending", "delivered", "failed", "unknown"]),
      (.answered(attempt: 2, .delivered(note)), ["waiting", "delivered"] + stay.dropFirst(2)),
      (.answered(attempt: 2, .refused(note)), ["waiting", "failed"] + stay.dropFirst(2)),
      (
        .answered(attempt: 2, .temporary(note, retryAfter: nil)),
        ["waiting", "waiting"] + stay.dropFirst(2)
      ),
      (.answered(attempt: 2, .unknown(note)), ["waiting", "waiting"] + stay.dropFirst(2)),
      // Attempt 1 was given up as unknown.
      (
        .answered(attempt: 1, .delivered(note)),
        ["delivered", "sending", "delivered", "delivered", "delivered"]
      ),
      (.answered(attempt: 1, .refused(note)), stay),
      (.answered(attempt: 7, .delivered(note)), stay),
      (.senderLost, ["waiting", "waiting"] + stay.dropFirst(2)),
      (.held(until: .at(90), note), stay), (.dropped(note), ["failed"] + stay.dropFirst()),
      (.redeliverAsked, ["waiting", "sending", "waiting", "waiting", "waiting"]),
    ]
    for (event, results) in table {
      for (phase, result) in zip(phases, results) {
        var delivery = delivery(phase)
        _ = delivery.apply(event, limits, at: .at(20))
        #expect(word(delivery.phase) == result, "\(event) in \(word(phase))")
        #expect(delivery.isFinal == (delivery.deadline == nil))
      }
    }
  }

  /// Random events: whatever happens, numbers are dense, one attempt at most is under way, exactly
  /// while the phase says so, and every send follows a claim.
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `whatever happens, attempts are kept in order`(seed: UInt64) {
    var state = seed
    func draw(_ bound: UInt64) -> UInt64 {
      state = StableHash.mixed(state)
      return state % bound
    }
    var delivery = Delivery(id, at: .at(0))
    var now: Int64 = 0
    var sent = 0
    for _ in 0..<300 {
      now += Int64(draw(30))
      let number = Int(draw(UInt64(delivery.attemptCount + 2)))
      let answers: [Delivery.Answer] = [
        .delivered(.some), .refused(.some),
        .temporary(.some, retryAfter: .seconds(Int64(draw(50)))),
        .unknown(.some),
      ]
      let events: [Delivery.Event] = [
        .claimed(by: process), .claimed(by: otherProcess),
        .answered(attempt: delivery.attemptCount, answers[Int(draw(4))]),
        .answered(attempt: number, answers[Int(draw(4))]), .senderLost,
        .held(until: .at(now + 5), .some), .redeliverAsked,
      ]
      let event = events[Int(draw(UInt64(events.count)))]
      let before = delivery
      for effect in delivery.apply(event, limits, at: .at(now)) {
        if case .send(let attempt) = effect {
          sent += 1
          #expect(attempt == sent && attempt == before.attemptCount + 1)
        }
      }
      let open = delivery.attempts.filter { $0.result == .underWay }.map(\.number)
      if case .sending = delivery.phase {
        #expect(open == [delivery.attemptCount])
      } else {
        #expect(open.isEmpty)
      }
      let numbers = delivery.attempts.map(\.number)
      #expect(numbers == Array(max(1, sent - Delivery.attemptsKeptMax + 1)..<(sent + 1)))
      if case .delivered = before.phase, event != .redeliverAsked {
        #expect(delivery.phase == before.phase)
      }
    }
  }
}
