internal import Ports

/// The contract of `Bus`: the same cases for every backend.
///
/// Cases run alone on their bus. They make tasks with task groups only, so that they may run under
/// the virtual kernel as well as on real executors.
public enum BusContract {
  public static let cases: [ContractCase<BusSubject>] =
    publishCases + fetchCases + limitCases + groupCases + sharingCases + retentionCases

  /// Topics that the subject declares, and the family of `familyPrefix`.
  public static let topics = [topic, otherTopic]
  public static let topic = "contract.one"
  public static let otherTopic = "contract.two"
  public static let familyPrefix = "contract.pool."

  static let publishCases: [ContractCase<BusSubject>] = [
    ContractCase("a record comes back as it was published") { subject in
      let records = [
        BusRecord(
          topic: topic, key: "k",
          headers: [BusHeader("ce-id", "1"), BusHeader("traceparent", ""), BusHeader("x", "é\n")],
          value: [0, 1, 255]),
        BusRecord(topic: topic, key: "k", value: []),
        BusRecord(topic: topic, key: "k", value: [UInt8](repeating: 7, count: 256 << 10)),
      ]
      try await subject.bus.publish(records)
      try expectEqual(try await subject.everything(at: subject.place()).map(\.record), records)
    },
    ContractCase("records of one key keep their order") { subject in
      let texts = (0..<100).map { "\($0)" }
      try await subject.publish([String](texts.prefix(60)))
      try await subject.publish([String](texts.dropFirst(60)))
      try expectEqual(try await subject.everything(at: subject.place()).texts, texts)
    },
    ContractCase("every key goes to its partition, whatever its letters") { subject in
      let keys = ["", "a", "b", "é", "run_1", "a/b[3]/2", " ", "\u{1F600}"]
      for key in keys { try await subject.publish(["of \(key)"], key: key) }
      for key in keys {
        let found = try await subject.everything(at: subject.place(of: key))
        try expect(
          found.contains { $0.record.key == key && $0.place == subject.place(of: key) },
          "the record of [\(key)] is not in \(subject.place(of: key))")
      }
    },
    ContractCase("offsets grow and bounds enclose them") { subject in
      let before = try await subject.bus.bounds(subject.place())
      try await subject.publish(["a", "b", "c"])
      let offsets = try await subject.everything(at: subject.place()).map(\.offset)
      let after = try await subject.bus.bounds(subject.place())
      try expectEqual(offsets, offsets.sorted())
      try expectEqual(Set(offsets).count, 3, "the number of offsets")
      try expectEqual(after.incarnation, before.incarnation)
      try expect(!after.incarnation.isEmpty, "the incarnation is empty")
      try expect(after.end >= before.end + 3, "\(after) does not lie beyond \(before)")
      try expect(
        offsets.allSatisfy { $0 >= after.earliest && $0 < after.end }, "\(offsets) in \(after)")
    },
    ContractCase("one call may publish to several topics and partitions") { subject in
      let records = (0..<40).flatMap { number in
        topics.map { subject.record("\(number)", key: "k\(number)", topic: $0) }
      }
      try await subject.bus.publish(records)
      for record in records {
        let found = try await subject.everything(
          at: subject.place(of: record.key, in: record.topic))
        try expect(found.contains { $0.record == record }, "\(record) is missing")
      }
    },
    ContractCase("publishing nothing does nothing") { subject in
      try await subject.bus.publish([])
    },
    ContractCase("concurrent publishers lose nothing and keep the order of their keys") { subject in
      let bus = subject.bus
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            for step in 0..<20 {
              try await bus.publish([subject.record("\(step)", key: "writer-\(writer)")])
            }
          }
        }
        try await group.waitForAll()
      }
      for writer in 0..<8 {
        let key = "writer-\(writer)"
        let found = try await subject.everything(at: subject.place(of: key))
        try expectEqual(
          found.filter { $0.record.key == key }.texts, (0..<20).map { "\($0)" }, "texts of \(key)")
      }
    },
    ContractCase("a topic of a declared family is there when it is first used") { subject in
      for use in 0..<3 {
        let name = familyPrefix + "p\(use)"
        switch use {
        case 0: try await subject.publish(["a"], topic: name)
        case 1: try expectEqual(try await subject.bus.bounds(TopicPartition(name, 0)).end, 0)
        default:
          let member = try await subject.bus.join(group: "g", member: "m", topics: [name])
          try await subject.publish(["a"], topic: name)
          try expectEqual(try await subject.poll(member) { !$0.isEmpty }.firstTexts, ["a"])
        }
      }
    },
  ]

  static let limitCases: [ContractCase<BusSubject>] = [
    ContractCase("what can never be published is refused whole") { subject in
      var large = subject.record("")
      large.value = [UInt8](repeating: 0, count: (256 << 10) + 1)
      var loud = subject.record("")
      loud.headers = [BusHeader("Loud", "")]
      var double = subject.record("")
      double.headers = [BusHeader("x", "1"), BusHeader("x", "2")]
      let undeclared = subject.record("", topic: "contract.absent")
      for odd in [large, loud, double, undeclared] {
        try await expectThrows("\(odd.topic) \(odd.headers) \(odd.value.count)") {
          try await subject.bus.publish([odd])
        } matching: { (error: BusError) in
          error.isRefusal
        }
      }
      try expectEqual(try await subject.everything(at: subject.place()), [])
    },
    ContractCase("places that do not exist are refused") { subject in
      for place in [
        TopicPartition("contract.absent", 0), TopicPartition(topic, -1),
        TopicPartition(topic, Partitioning.partitionsPerTopic),
      ] {
        try await expectThrows("bounds of \(place)") {
          try await subject.bus.bounds(place)
        } matching: { (error: BusError) in
          error.isRefusal
        }
        try await expectThrows("fetch of \(place)") {
          try await subject.bus.fetch([(place, 0)], recordsMax: 1, wait: .zero)
        } matching: { (error: BusError) in
          error.isRefusal
        }
      }
      try await expectThrows("joining an absent topic") {
        try await subject.bus.join(group: "g", member: "m", topics: ["contract.absent"])
      } matching: { (error: BusError) in
        error.isRefusal
      }
    },
  ]
}
