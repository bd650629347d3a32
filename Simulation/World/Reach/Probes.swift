internal import Domain
internal import SimulationFaults

/// Something that worlds should come to sometimes: when none does, something is not tested.
public struct DeclaredProbe: Hashable, Sendable {
  public var name: String
  public var means: String
  /// So rarely that ten thousand worlds need not come to it.
  public var isRare = false
}

/// All probes: every mark that fakes and services make, every landmark, every fault. A test
/// compares with the sources.
public enum Probes {
  public static let all: [DeclaredProbe] = fakes + ServiceProbes.all + landmarks + faults

  private static let fakes: [DeclaredProbe] = [
    DeclaredProbe(name: "archive.lost-after", means: "a write to history took effect unheard of"),
    DeclaredProbe(name: "archive.lost-before", means: "a write to history was lost"),
    DeclaredProbe(name: "archive.short-page", means: "a page of history was shorter than asked"),
    DeclaredProbe(name: "archive.unavailable", means: "history answered nobody"),
    DeclaredProbe(name: "bus.commit-lost-after", means: "an offset was committed unheard of"),
    DeclaredProbe(name: "bus.commit-lost-before", means: "the commit of an offset was lost"),
    DeclaredProbe(name: "bus.evict", means: "a member was put out of its group"),
    DeclaredProbe(name: "bus.fenced", means: "a member was fenced at its poll"),
    DeclaredProbe(name: "bus.offsets-forgotten", means: "a group forgot its offsets"),
    DeclaredProbe(name: "bus.publish-lost-after", means: "records were appended unheard of"),
    DeclaredProbe(name: "bus.publish-lost-before", means: "records were lost before the bus"),
    DeclaredProbe(name: "bus.publish-lost-halfway", means: "some records of a batch were lost"),
    DeclaredProbe(
      name: "bus.recreate", means: "a log was made anew, empty"),
    DeclaredProbe(name: "bus.redelivered", means: "records were delivered again"),
    DeclaredProbe(
      name: "bus.trim", means: "records were forgotten, which no fault does so far", isRare: true),
    DeclaredProbe(name: "bus.unavailable", means: "the bus answered nobody"),
    DeclaredProbe(name: "delivery.busy", means: "a receiver was busy"),
    DeclaredProbe(name: "delivery.unknown-not-taken", means: "a message was lost unheard of"),
    DeclaredProbe(name: "delivery.unknown-taken", means: "a message was taken unheard of"),
    DeclaredProbe(name: "delivery.unreachable", means: "a receiver was not reached"),
    DeclaredProbe(name: "executor.unavailable", means: "an executor could not start anything"),
    DeclaredProbe(name: "network.answer-lost", means: "an answer was lost"),
    DeclaredProbe(name: "network.cut-message", means: "a message met a cut link"),
    DeclaredProbe(name: "network.half-open", means: "a caller was not told of a death"),
    DeclaredProbe(name: "network.refused", means: "a connection was refused"),
    DeclaredProbe(name: "network.request-lost", means: "a request was lost"),
    DeclaredProbe(name: "network.slow", means: "a message was slow"),
    DeclaredProbe(name: "objects.cut-body", means: "the body of an object was cut off"),
    DeclaredProbe(name: "objects.damaged-range", means: "a range of an object was damaged"),
    DeclaredProbe(
      name: "objects.short-page", means: "a page of keys was short, which no fault does so far",
      isRare: true),
    DeclaredProbe(name: "objects.slow-body", means: "the body of an object was slow"),
    DeclaredProbe(name: "objects.unavailable", means: "the object store answered nobody"),
    DeclaredProbe(name: "records.in-doubt", means: "a commit was in doubt"),
    DeclaredProbe(name: "records.lost-after", means: "a commit took effect unheard of"),
    DeclaredProbe(name: "records.lost-before", means: "a commit was lost"),
    DeclaredProbe(name: "records.short-page", means: "a page of rows was shorter than asked"),
    DeclaredProbe(name: "records.spurious-conflict", means: "a commit met a conflict of no cause"),
    DeclaredProbe(name: "records.spurious-wake", means: "a wait for messages ended for no cause"),
    DeclaredProbe(name: "records.unavailable", means: "a store answered nobody"),
  ]

  private static let landmarks: [DeclaredProbe] = Landmark.allCases.map {
    DeclaredProbe(name: $0.rawValue, means: "something passed this landmark")
  }

  private static let faults: [DeclaredProbe] = Faults.all.map {
    DeclaredProbe(name: "fault \($0.card.name)", means: $0.card.does)
  }
}
