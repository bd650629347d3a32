import Domain
import NotificationCore
import Testing

struct DeliveryTests {
  private let limits = DeliveryLimits(
    schedule: RetrySchedule(waits: [.seconds(10), .seconds(100)], jitterPercent: 0))

  private func fresh() -> Delivery {
    Delivery(DeliveryID(SortableID(high: 1, low: 2)), at: .at(0))
  }

  private func begun(at seconds: Int64 = 0) -> Delivery {
    var delivery = fresh()
    #expect(delivery.apply(.claimed(by: process), limits, at: .at(seconds)) == [.send(attempt: 1)])
    return delivery
  }

  @Test func `it is sent once, and ends when it was taken`() {
    var delivery = begun()
    #expect(delivery.deadline == .at(0) + limits.lease)
    #expect(
      delivery.apply(.claimed(by: otherProcess), limits, at: .at(1)) == [.refuse(.underWay)])
    let answer = Delivery.Event.answered(
      attempt: 1, .delivered(.init("accepted", "taken", status: 200)))
    #expect(delivery.apply(answer, limits, at: .at(2)) == [.tellSubscription(.taken)])
    #expect(delivery.phase == .delivered(at: .at(2)))
    #expect(delivery.deadline == nil)
    #expect(delivery.attempts.map(\.result) == [.delivered])
    #expect(delivery.attempts.first?.note?.status == 200)
  }

  @Test func `what may be tried again is, with growing waits, until the last attempt`() {
    var delivery = fresh()
    var now: Int64 = 0
    for (number, wait) in [(1, 10), (2, 100), (3, nil)] as [(Int, Int64?)] {
      #expect(
        delivery.apply(.claimed(by: process), limits, at: .at(now)) == [.send(attempt: number)])
      let effects = delivery.apply(
        .answered(attempt: number, .temporary(.some, retryAfter: nil)), limits, at: .at(now))
      #expect(effects == [.tellSubscription(.notTaken)])
      if let wait {
        #expect(delivery.phase == .waiting(due: .at(now + wait)))
        #expect(
          delivery.apply(.claimed(by: process), limits, at: .at(now + wait - 1))
            == [.refuse(.notDue)])
        now += wait
      }
    }
    #expect(delivery.phase == .failed(at: .at(now)))
    #expect(delivery.attempts.map(\.number) == [1, 2, 3])
  }

  @Test func `the receiver's wish is followed, up to a limit`() {
    let wishes: [(Int64, Int64)] = [(5, 10), (60, 60), (7 * 24 * 3_600, 24 * 3_600), (-5, 10)]
    for (wish, wait) in wishes {
      var delivery = begun()
      let answer = Delivery.Answer.temporary(.some, retryAfter: .seconds(wish))
      _ = delivery.apply(.answered(attempt: 1, answer), limits, at: .at(0))
      #expect(delivery.phase == .waiting(due: .at(wait)), "a wish of \(wish) s")
    }
  }

  @Test func `an unknown outcome is recorded as such, tried again, and never called a failure`() {
    var delivery = fresh()
    var now = Moment.at(0)
    for number in 1...3 {
      _ = delivery.apply(.claimed(by: process), limits, at: now)
      let answer: Delivery.Answer =
        number == 2 ? .unknown(.some) : .temporary(.some, retryAfter: nil)
      _ = delivery.apply(.answered(attempt: number, answer), limits, at: now)
      now = delivery.deadline ?? now
    }
    #expect(delivery.attempts.map(\.result) == [.failed, .unknown, .failed])
    #expect(delivery.phase == .unknown(at: now))
  }

  @Test func `a refusal for good ends it; a receiver that is gone is told apart`() {
    for (note, event) in [(Delivery.Note.some, SubscriptionHealth.Event.notTaken), (.gone, .gone)] {
      var delivery = begun()
      let effects = delivery.apply(.answered(attempt: 1, .refused(note)), limits, at: .at(1))
      #expect(effects == [.tellSubscription(event)])
      #expect(delivery.phase == .failed(at: .at(1)))
    }
  }

  /// Goal: a process that paused too long still ends the message when its attempt went well.
  @Test func `a late confirmation ends the delivery`() {
    var delivery = begun()
    #expect(
      delivery.apply(.senderLost, limits, at: .at(200)) == [.tellSubscription(.notTaken)])
    #expect(delivery.phase == .waiting(due: .at(210)))
    let late = Delivery.Event.answered(attempt: 1, .delivered(.init("accepted", "taken")))
    #expect(delivery.apply(late, limits, at: .at(201)) == [.tellSubscription(.taken)])
    #expect(delivery.phase == .delivered(at: .at(201)))
    #expect(delivery.apply(late, limits, at: .at(202)) == [])
  }

  @Test func `what is held waits for its subscription, but not for ever`() {
    var delivery = fresh()
    let why = Delivery.Note("paused", "its subscription is paused")
    #expect(delivery.apply(.held(until: .at(60), why), limits, at: .at(0)) == [])
    #expect(delivery.phase == .waiting(due: .at(60)))
    #expect(delivery.attemptCount == 0)
    let late = Moment.at(0) + limits.heldMax
    #expect(delivery.apply(.held(until: late + .seconds(60), why), limits, at: late) == [])
    #expect(delivery.phase == .failed(at: late))
  }

  @Test func `asked to, it starts over with numbers that go on`() {
    var delivery = begun()
    #expect(delivery.apply(.redeliverAsked, limits, at: .at(1)) == [.refuse(.underWay)])
    _ = delivery.apply(.answered(attempt: 1, .refused(.some)), limits, at: .at(1))
    #expect(delivery.apply(.redeliverAsked, limits, at: .at(500)) == [])
    #expect(delivery.phase == .waiting(due: .at(500)))
    #expect(delivery.apply(.claimed(by: process), limits, at: .at(500)) == [.send(attempt: 2)])
    _ = delivery.apply(
      .answered(attempt: 2, .temporary(.some, retryAfter: nil)), limits, at: .at(500))
    #expect(delivery.phase == .waiting(due: .at(510)), "the waits begin anew")
  }

  @Test func `jitter stays within its share and is the same every time`() {
    let schedule = RetrySchedule(waits: [.seconds(100)])
    var dues: [Moment] = []
    for number in 0..<200 {
      var delivery = Delivery(DeliveryID(SortableID(high: 1, low: UInt64(number))), at: .at(0))
      let limits = DeliveryLimits(schedule: schedule)
      _ = delivery.apply(.claimed(by: process), limits, at: .at(0))
      var other = delivery
      let answer = Delivery.Event.answered(attempt: 1, .temporary(.some, retryAfter: nil))
      _ = delivery.apply(answer, limits, at: .at(0))
      _ = other.apply(answer, limits, at: .at(0))
      #expect(delivery == other)
      dues.append(delivery.deadline ?? .start)
    }
    #expect(dues.allSatisfy { $0 >= .at(100) && $0 <= .at(110) })
    #expect(SortedSet(dues).count > 150)
  }
}
