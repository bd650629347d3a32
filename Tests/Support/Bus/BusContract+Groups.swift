internal import Domain
internal import Ports

extension BusContract {
  static let groupCases: [ContractCase<BusSubject>] = [
    ContractCase("a new group begins at the first record") { subject in
      try await subject.publish(["a", "b"])
      let member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await subject.publish(["c"])
      let found = try await subject.poll(member) { $0.firstTexts.count >= 3 }
      try expectEqual(found.firstTexts, ["a", "b", "c"])
    },
    ContractCase("what was not committed comes again") { subject in
      try await subject.publish(["a", "b", "c"])
      let first = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      _ = try await subject.poll(first) { $0.firstTexts.count >= 3 }
      await first.leave()
      let second = try await subject.bus.join(group: "g", member: "n", topics: [topic])
      let again = try await subject.poll(second) { $0.firstTexts.count >= 3 }
      try expectEqual(again.firstTexts, ["a", "b", "c"])
    },
    ContractCase("what was committed does not come again") { subject in
      try await subject.publish(["a", "b", "c", "d"])
      let first = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      let seen = try await subject.poll(first) { $0.firstTexts.count >= 4 }
      try await first.commit([BusDelivery](seen.prefix(2)))
      // An older commit does not take back a newer one.
      try await first.commit([BusDelivery](seen.prefix(1)))
      await first.leave()
      let second = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      let rest = try await subject.poll(second) { $0.firstTexts.count >= 2 }
      try expectEqual(rest.firstTexts, ["c", "d"])
      try await second.commit(rest)
      await second.leave()
      let third = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await subject.expectNothing(third)
    },
    ContractCase("committing nothing does nothing") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await member.commit([])
    },
    ContractCase("groups do not take from each other") { subject in
      let one = try await subject.bus.join(group: "g1", member: "m", topics: [topic])
      let other = try await subject.bus.join(group: "g2", member: "m", topics: [topic])
      try await subject.publish(["a", "b"])
      for member in [one, other] {
        let found = try await subject.poll(member) { $0.firstTexts.count >= 2 }
        try expectEqual(found.firstTexts, ["a", "b"])
        try await member.commit(found)
      }
    },
    ContractCase("a member gets its topics and no others") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: [otherTopic])
      try await subject.publish(["a"])
      try await subject.publish(["b"], topic: otherTopic)
      let found = try await subject.poll(member) { !$0.isEmpty }
      try expectEqual(found.firstTexts, ["b"])
      try await member.commit(found)
    },
    ContractCase("poll takes no more than asked for and keeps the order of keys") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: topics)
      for round in 0..<10 {
        try await subject.bus.publish(
          (0..<6).map { subject.record("\(round)", key: "k\($0)", topic: topics[$0 % 2]) })
      }
      let found = try await subject.poll(member) { $0.count >= 60 }
      for number in 0..<6 {
        let texts = found.filter { $0.record.key == "k\(number)" }.firstTexts
        try expectEqual(texts, (0..<10).map { "\($0)" }, "texts of k\(number)")
      }
      try await subject.publish((0..<9).map { "more \($0)" })
      let some = try await member.poll(recordsMax: 4, wait: BusSubject.patience)
      try expect((1...4).contains(some.count), "\(some.count) records came instead of 1 to 4")
    },
    ContractCase("poll is woken by a publication") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await subject.expectNothing(member)
      let found = try await subject.expectPrompt("poll") {
        try await withThrowingTaskGroup(of: [BusDelivery].self) { group in
          group.addTask {
            try await member.poll(recordsMax: 9, wait: BusSubject.patience)
          }
          group.addTask {
            try await subject.time.sleep(for: .milliseconds(5))
            try await subject.publish(["a"])
            return []
          }
          return try await group.reduce([], +)
        }
      }
      try expectEqual(found.texts, ["a"])
    },
    ContractCase("a cancelled poll ends with nothing") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      let found = try await subject.expectPrompt("a cancelled poll") {
        try await withThrowingTaskGroup(of: [BusDelivery].self) { group in
          group.addTask {
            try await member.poll(recordsMax: 1, wait: BusSubject.patience)
          }
          try await subject.time.sleep(for: .milliseconds(5))
          group.cancelAll()
          return try await group.reduce([], +)
        }
      }
      try expectEqual(found, [])
    },
  ]

  static let sharingCases: [ContractCase<BusSubject>] = [
    ContractCase("members share the partitions and miss nothing") { subject in
      let members = [
        try await subject.bus.join(group: "g", member: "a", topics: [topic]),
        try await subject.bus.join(group: "g", member: "b", topics: [topic]),
      ]
      // A member may come into the group long after it has joined: more records wait for it then.
      var texts: [String] = []
      var seen: [Set<String>] = [[], []]
      let deadline = subject.time.uptime() + BusSubject.patience
      while seen[0].union(seen[1]).count < texts.count || seen.contains([]) {
        try expect(subject.time.uptime() < deadline, "only \(seen) of \(texts.count) came")
        if seen[0].union(seen[1]).count == texts.count {
          let more = (texts.count..<texts.count + 60).map { "\($0)" }
          for text in more { try await subject.publish([text], key: text) }
          texts += more
        }
        for (index, member) in members.enumerated() {
          seen[index].formUnion(
            try await member.poll(recordsMax: 10, wait: .milliseconds(5)).texts)
        }
      }
    },
    ContractCase("who stays takes over what the other had not committed") { subject in
      let staying = try await subject.bus.join(group: "g", member: "a", topics: [topic])
      let leaving = try await subject.bus.join(group: "g", member: "b", topics: [topic])
      let texts = (0..<40).map { "\($0)" }
      for text in texts { try await subject.publish([text], key: text) }
      var kept: Set<String> = []
      let deadline = subject.time.uptime() + BusSubject.patience
      var hasPolled = false
      while !hasPolled {
        try expect(subject.time.uptime() < deadline, "the leaving member got nothing")
        let taken = try await leaving.poll(recordsMax: 40, wait: .milliseconds(5))
        hasPolled = !taken.isEmpty
        let own = try await staying.poll(recordsMax: 40, wait: .milliseconds(5))
        kept.formUnion(own.texts)
        do {
          try await staying.commit(own)
        } catch BusError.unavailable {
          // Partitions are moving: what was not committed comes again.
        }
      }
      await leaving.leave()
      let rest = try await subject.poll(staying) { kept.union($0.texts).count >= texts.count }
      try expect(!rest.isEmpty, "nothing was taken over")
    },
    ContractCase("who joins under a taken name fences the one who had it") { subject in
      let old = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await subject.publish(["a"])
      let seen = try await subject.poll(old) { !$0.isEmpty }
      let new = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      try await expectThrows(BusError.fenced) {
        try await old.poll(recordsMax: 1, wait: .zero)
      }
      try await expectThrows(BusError.fenced) { try await old.commit(seen) }
      // The old one leaving must not take the new one with it.
      await old.leave()
      try expectEqual(try await subject.poll(new) { !$0.isEmpty }.firstTexts, ["a"])
    },
    ContractCase("a poll that waits is woken by being fenced") { subject in
      let bus = subject.bus
      let old = try await bus.join(group: "g", member: "m", topics: [topic])
      let isFenced = try await subject.expectPrompt("a fenced poll") {
        try await withThrowingTaskGroup(of: Bool.self) { group in
          group.addTask {
            do {
              _ = try await old.poll(recordsMax: 1, wait: BusSubject.patience)
              return false
            } catch BusError.fenced {
              return true
            }
          }
          try await subject.time.sleep(for: .milliseconds(5))
          let new = try await bus.join(group: "g", member: "m", topics: [topic])
          defer { withExtendedLifetime(new) {} }
          return try await group.next() ?? false
        }
      }
      try expect(isFenced, "the old member's poll ended as if it were a member")
    },
    ContractCase("who has left is fenced") { subject in
      let member = try await subject.bus.join(group: "g", member: "m", topics: [topic])
      await member.leave()
      await member.leave()
      try await expectThrows(BusError.fenced) {
        try await member.poll(recordsMax: 1, wait: .zero)
      }
    },
  ]
}
