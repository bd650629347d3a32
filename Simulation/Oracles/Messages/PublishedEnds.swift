internal import Contracts
internal import Domain
internal import Ports
internal import SimulationKit

/// What is committed is published in the end, and nothing else is.
public struct PublishedEnds: Invariant {
  public static let name = InvariantName("L4", "outbox-empties")
  public static let promise = "every start and every end is published at least once"
  public static let interest: Interest = [.requests, .runs, .published]

  private var asked: SortedSet<String> = []
  private var ended: SortedSet<String> = []
  private var started: SortedSet<String> = []
  private var told: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .request(let change) in commit.changes {
        if let request = change.after { asked.insert(request.run) }
      }
      for change in commit.runs {
        if let run = change.after, run.phase == "ended" { ended.insert(run.run) }
      }
    case .published(let delivery) where !Poison.isIn(delivery.record.value):
      let run = delivery.record.key
      switch delivery.record.topic {
      case "workflow.started":
        started.insert(run)
        judgement.require(asked.contains(run), "\(run) was started and nobody asked for it")
      case "workflow.completed":
        told.insert(run)
        judgement.require(ended.contains(run), "the end of \(run) was told before it was durable")
      default: break
      }
    default: break
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for run in asked { judgement.require(started.contains(run), "\(run) was never started") }
    for run in ended { judgement.require(told.contains(run), "the end of \(run) was never told") }
  }
}
