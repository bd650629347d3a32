internal import Ports

extension RecordStoreContract {
  private static func message(_ key: String, _ number: Int, shard: String = "0") -> OutboxMessage {
    OutboxMessage(
      shard: shard,
      record: BusRecord(
        topic: "contract.topic", key: key,
        headers: [BusHeader("ce-id", "\(key)-\(number)"), BusHeader("empty", "")],
        value: [UInt8](String(number).utf8)))
  }

  static let outboxCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("a message waits with all that it carries") { subject in
      let sent = message("kéy", 7)
      try await subject.commit([ContractRoot.insert(1)], [sent])
      let pending = try await subject.store.pending(shard: "0", limit: 10)
      try expectEqual(pending.map(\.record), [sent.record])
    },
    ContractCase("messages of one key keep the order of their commits and batches") { subject in
      var expected: [String] = []
      for step in 0..<12 {
        try await subject.commit([], [message("a", step * 2), message("b", step)])
        try await subject.commit([], [message("a", step * 2 + 1)])
        expected += ["\(step * 2)", "\(step * 2 + 1)"]
      }
      let pending = try await subject.store.pending(shard: "0", limit: 1_000)
      try expectEqual(pending.count, 36)
      try expectEqual(Set(pending.map(\.id)).count, 36, "the number of different ids")
      let ofA = pending.filter { $0.record.key == "a" }
      try expectEqual(ofA.map { String(decoding: $0.record.value, as: UTF8.self) }, expected)
    },
    ContractCase("messages wait until they are acknowledged") { subject in
      try await subject.commit([], (0..<5).map { message("a", $0) })
      let first = try await subject.store.pending(shard: "0", limit: 10)
      let again = try await subject.store.pending(shard: "0", limit: 10)
      try expectEqual(first, again)
      try await subject.store.acknowledge(shard: "0", first.prefix(2).map(\.id))
      let rest = try await subject.store.pending(shard: "0", limit: 10)
      try expectEqual(rest, Array(first.dropFirst(2)))
      try await subject.store.acknowledge(shard: "0", first.map(\.id))
      try expectEqual(try await subject.store.pending(shard: "0", limit: 10), [])
    },
    ContractCase("unknown and repeated acknowledgements do nothing") { subject in
      try await subject.commit([], [message("a", 1)])
      let pending = try await subject.store.pending(shard: "0", limit: 10)
      let id = try expectPresent(pending.first, "the message").id
      try await subject.store.acknowledge(shard: "0", [id &+ 1_000, -1, .max])
      try await subject.store.acknowledge(shard: "0", [])
      try await subject.store.acknowledge(shard: "other", [id])
      try expectEqual(try await subject.store.pending(shard: "0", limit: 10).count, 1)
      try await subject.store.acknowledge(shard: "0", [id, id])
      try await subject.store.acknowledge(shard: "0", [id])
      try expectEqual(try await subject.store.pending(shard: "0", limit: 10).count, 0)
    },
    ContractCase("shards are apart") { subject in
      try await subject.commit(
        [], [message("a", 1, shard: "0"), message("a", 2, shard: "1"), message("a", 3, shard: "0")])
      let zero = try await subject.store.pending(shard: "0", limit: 10)
      let one = try await subject.store.pending(shard: "1", limit: 10)
      try expectEqual(zero.map(\.record.value), [[49], [51]])
      try expectEqual(one.map(\.record.value), [[50]])
      try expectEqual(try await subject.store.pending(shard: "2", limit: 10), [])
    },
    ContractCase("no more messages than asked for come") { subject in
      try await subject.commit([], (0..<20).map { message("a", $0) })
      let pending = try await subject.store.pending(shard: "0", limit: 7)
      try expectEqual(
        pending.map { String(decoding: $0.record.value, as: UTF8.self) },
        (0..<7).map { "\($0)" })
    },
    ContractCase("waiting returns at once when messages are pending") { subject in
      try await subject.commit([], [message("a", 1)])
      await subject.store.waitForPending(shard: "0", until: .seconds(3_600))
    },
    ContractCase("a commit with messages wakes the pump") { subject in
      let store = subject.store
      let count = try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          while true {
            let pending = try await store.pending(shard: "0", limit: 10)
            if !pending.isEmpty { return pending.count }
            await store.waitForPending(shard: "0", until: .seconds(3_600))
          }
        }
        try await subject.time.sleep(for: .milliseconds(30))
        try await subject.commit([ContractRoot.insert(1)], [message("a", 1)])
        return try await group.next() ?? 0
      }
      try expectEqual(count, 1, "the number of messages")
    },
    ContractCase("waiting ends at its deadline") { subject in
      await subject.store.waitForPending(shard: "0", until: .milliseconds(20))
      await subject.store.waitForPending(shard: "0", until: .zero)
    },
    ContractCase("a cancelled wait ends at once") { subject in
      let store = subject.store
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await store.waitForPending(shard: "0", until: .seconds(36_000)) }
        try? await subject.time.sleep(for: .milliseconds(10))
        group.cancelAll()
      }
    },
  ]
}
