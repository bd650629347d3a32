import Ports
import Testing

@testable import SQLiteAdapter

@Suite struct OutboxTests {
  @Test func `a message that was read in vain still ends the wait`() async throws {
    let (engine, store) = try await makeStore()
    #expect(try await store.pending(shard: "s", limit: 10).isEmpty)
    _ = try await store.commit(RecordBatch(messages: [message("one")]))
    #expect(try await store.pending(shard: "s", limit: 10).count == 1)
    // Nothing was acknowledged: the message may still wait, so this must not last an hour.
    await store.waitForPending(shard: "s", until: .seconds(3_600))
    await engine.close()
  }

  @Test func `a commit wakes the pump of its shard`() async throws {
    let (engine, store) = try await makeStore()
    #expect(try await store.pending(shard: "s", limit: 10).isEmpty)
    async let woken: Void = store.waitForPending(shard: "s", until: .seconds(3_600))
    _ = try await store.commit(RecordBatch(messages: [message("one")]))
    await woken
    let pending = try await store.pending(shard: "s", limit: 10)
    #expect(pending.map(\.record) == [message("one").record])
    try await store.acknowledge(shard: "s", pending.map(\.id) + [99])
    #expect(try await store.pending(shard: "s", limit: 10).isEmpty)
    await engine.close()
  }

  @Test func `a batch that falls leaves no message`() async throws {
    let (engine, store) = try await makeStore()
    var batch = RecordBatch.inserting(.plain, .plain(1))
    _ = try await store.commit(batch)
    batch.messages = [message("one")]
    await #expect(throws: StoreError.conflict) { try await store.commit(batch) }
    #expect(try await store.pending(shard: "s", limit: 10).isEmpty)
    await engine.close()
  }

  @Test func `what the bus would never take does not get into the outbox`() async throws {
    let (engine, store) = try await makeStore()
    var large = message("large")
    large.record.value = [UInt8](repeating: 0, count: (256 << 10) + 1)
    var loud = message("loud")
    loud.record.headers = [BusHeader("Loud", "x")]
    for odd in [large, loud] {
      await #expect(throws: StoreError.self) {
        try await store.commit(RecordBatch(messages: [odd]))
      }
    }
    await engine.close()
  }

  private func message(_ key: String) -> OutboxMessage {
    OutboxMessage(
      shard: "s",
      record: BusRecord(
        topic: "task.completed", key: key, headers: [BusHeader("ce-id", "é"), BusHeader("x", "")],
        value: [0, 1, 2]))
  }
}
