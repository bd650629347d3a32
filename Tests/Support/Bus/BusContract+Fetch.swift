internal import Domain
internal import Ports

extension BusContract {
  static let fetchCases: [ContractCase<BusSubject>] = [
    ContractCase("fetch begins at the offset and takes no more than asked for") { subject in
      try await subject.publish((0..<10).map { "\($0)" })
      let all = try await subject.everything(at: subject.place())
      for (index, delivery) in all.enumerated() {
        let some = try await subject.bus.fetch(
          [(subject.place(), delivery.offset)], recordsMax: 3, wait: .zero)
        try expect((1...3).contains(some.count), "\(some.count) records came instead of 1 to 3")
        try expectEqual(some, [BusDelivery](all[index...].prefix(some.count)))
      }
    },
    ContractCase("fetch at the end answers nothing after the wait") { subject in
      try await subject.publish(["a"])
      let end = try await subject.bus.bounds(subject.place()).end
      let start = subject.time.uptime()
      let nothing = try await subject.bus.fetch(
        [(subject.place(), end)], recordsMax: 3, wait: .milliseconds(30))
      try expectEqual(nothing, [])
      let waited = subject.time.uptime() - start
      try expect(waited >= .milliseconds(30), "it waited only \(waited)")
    },
    ContractCase("fetch is woken by a publication at any of its places") { subject in
      for key in ["a", "b", "c"] {
        var from: [(place: TopicPartition, offset: Int64)] = []
        for partition in 0..<Partitioning.partitionsPerTopic {
          let place = TopicPartition(topic, partition)
          from.append((place, try await subject.bus.bounds(place).end))
        }
        let (bus, ends) = (subject.bus, from)
        let found = try await subject.expectPrompt("fetch") {
          try await withThrowingTaskGroup(of: [BusDelivery].self) { group in
            group.addTask {
              try await bus.fetch(ends, recordsMax: 9, wait: BusSubject.patience)
            }
            group.addTask {
              try await subject.time.sleep(for: .milliseconds(5))
              try await subject.publish(["of \(key)"], key: key)
              return []
            }
            return try await group.reduce([], +)
          }
        }
        try expectEqual(found.texts, ["of \(key)"])
      }
    },
    ContractCase("a full place does not starve the others") { subject in
      let keys = (0..<40).map { "k\($0)" }
      guard let other = keys.first(where: { subject.place(of: $0) != subject.place() }) else {
        return
      }
      try await subject.publish((0..<200).map { "\($0)" })
      try await subject.publish(["other"], key: other)
      let from: [(place: TopicPartition, offset: Int64)] = [
        (subject.place(), 0), (subject.place(of: other), 0),
      ]
      for _ in 0..<20 {
        let some = try await subject.bus.fetch(from, recordsMax: 5, wait: .zero)
        if some.texts.contains("other") { return }
      }
      throw ContractViolation("20 fetches of 5 never had the other place", at: #fileID)
    },
    ContractCase("a cancelled fetch ends with nothing") { subject in
      let bus = subject.bus
      let place = subject.place()
      let found = try await subject.expectPrompt("a cancelled fetch") {
        try await withThrowingTaskGroup(of: [BusDelivery].self) { group in
          group.addTask {
            try await bus.fetch([(place, 0)], recordsMax: 1, wait: BusSubject.patience)
          }
          try await subject.time.sleep(for: .milliseconds(5))
          group.cancelAll()
          return try await group.reduce([], +)
        }
      }
      try expectEqual(found, [])
    },
    ContractCase("an offset beyond the end is gone") { subject in
      try await subject.publish(["a"])
      let end = try await subject.bus.bounds(subject.place()).end
      try await expectThrows(BusError.offsetGone) {
        try await subject.bus.fetch(
          [(subject.place(), end + 1)], recordsMax: 1, wait: BusSubject.patience)
      }
    },
  ]

  static let retentionCases: [ContractCase<BusSubject>] = [
    ContractCase("offsets below the first record are gone") { subject in
      try await subject.publish((0..<10).map { "\($0)" })
      let all = try await subject.everything(at: subject.place())
      try await subject.trim(subject.place(), all[6].offset)
      for offset in [0, all[5].offset] {
        try await expectThrows(BusError.offsetGone) {
          try await subject.bus.fetch([(subject.place(), offset)], recordsMax: 1, wait: .zero)
        }
      }
      let bounds = try await subject.bus.bounds(subject.place())
      try expect(bounds.earliest > all[5].offset, "\(bounds) has what was deleted")
      try expectEqual(try await subject.everything(at: subject.place()), [BusDelivery](all[6...]))
    },
    ContractCase("a log that lost everything goes on where it ended") { subject in
      try await subject.publish(["a", "b"])
      let before = try await subject.bus.bounds(subject.place())
      try await subject.trim(subject.place(), before.end)
      let after = try await subject.bus.bounds(subject.place())
      try expectEqual(after.end, before.end, "the end")
      try expectEqual(after.earliest, before.end, "the first offset")
      try await subject.publish(["c"])
      let found = try await subject.bus.fetch(
        [(subject.place(), after.end)], recordsMax: 5, wait: .zero)
      try expectEqual(found.texts, ["c"])
    },
    ContractCase("a group hears once that records are gone and goes on with the rest") { subject in
      let first = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await subject.publish((0..<4).map { "\($0)" })
      let seen = try await subject.poll(first) { $0.firstTexts.count >= 2 }
      try await first.commit([BusDelivery](seen.prefix(1)))
      await first.leave()
      try await subject.publish((4..<10).map { "\($0)" })
      let all = try await subject.everything(at: subject.place())
      try await subject.trim(subject.place(), all[6].offset)

      var member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await expectThrows(BusError.offsetGone) {
        try await subject.poll(member) { _ in false }
      }
      // Who joins anew must not hear it again for ever.
      await member.leave()
      member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      let rest = try await subject.poll(member) { $0.firstTexts.count >= 4 }
      try expectEqual(rest.firstTexts, ["6", "7", "8", "9"])
    },
  ]
}
