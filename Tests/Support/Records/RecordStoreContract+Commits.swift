internal import Ports

extension RecordStoreContract {
  static let commitCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("an inserted row is read back whole") { subject in
      let item = ContractItem(
        id: "a", state: "ready", rank: -7, code: "c", mark: [0, 255, 1], body: "\u{0}\u{1F600}")
      let version = try await subject.commit([item.insert])
      let stored = try expectPresent(try await subject.item("a"), "the row")
      try expectEqual(stored, StoredRow(row: item.row, version: version))
    },
    ContractCase("absent rows are nil, in the order asked, repeated keys repeat") { subject in
      try await subject.commit([ContractItem(id: "a").insert, ContractItem(id: "c").insert])
      let keys = ["c", "b", "a", "c"].map { [RecordValue.text("s"), .text($0)] }
      let rows = try await subject.store.get(ContractItem.table, keys)
      try expectEqual(rows.map { $0?.itemID }, ["c", nil, "a", "c"])
    },
    ContractCase("no keys give no rows") { subject in
      try expectEqual(try await subject.store.get(ContractItem.table, []).count, 0)
    },
    ContractCase("an insert over a row is a conflict") { subject in
      try await subject.commit([ContractItem(id: "a").insert])
      try await subject.expectConflict("a second insert", [ContractItem(id: "a").insert])
      try expectEqual(try await subject.item("a")?.bodyText, "body")
    },
    ContractCase("an update needs the version that is stored") { subject in
      let first = try await subject.commit([ContractItem(id: "a").insert])
      let second = try await subject.commit([ContractItem(id: "a", body: "2").update(over: first)])
      try await subject.expectConflict(
        "an update over an old version", [ContractItem(id: "a", body: "3").update(over: first)])
      let stored = try expectPresent(try await subject.item("a"), "the row")
      try expectEqual(stored.version, second)
      try expectEqual(stored.bodyText, "2")
    },
    ContractCase("an update of an absent row is a conflict") { subject in
      try await subject.expectConflict(
        "an update", [ContractItem(id: "a").update(over: CommitID(bits: 1))])
    },
    ContractCase("a delete needs the version that is stored, and removes the row") { subject in
      let version = try await subject.commit([ContractItem(id: "a").insert])
      let wrong = CommitID(bits: version.bits ^ 1)
      try await subject.expectConflict("a delete", [ContractItem(id: "a").delete(over: wrong)])
      try await subject.commit([ContractItem(id: "a").delete(over: version)])
      try expect(try await subject.item("a") == nil, "the row is still there")
      try await subject.expectConflict(
        "a second delete", [ContractItem(id: "a").delete(over: version)])
    },
    ContractCase("a guard on the stored version lets the batch pass and changes nothing") {
      subject in
      let version = try await subject.commit([ContractRoot.insert(1)])
      try await subject.commit([ContractRoot.guard(1, at: version), ContractItem(id: "a").insert])
      try expectEqual(try await subject.root(1)?.version, version)
      try expect(try await subject.item("a") != nil, "the guarded batch did not write")
    },
    ContractCase("a guard on an old version stops the batch") { subject in
      let first = try await subject.commit([ContractRoot.insert(1)])
      try await subject.commit([ContractRoot.update(1, over: first)])
      try await subject.expectConflict(
        "a guarded batch", [ContractItem(id: "a").insert, ContractRoot.guard(1, at: first)])
      try expect(try await subject.item("a") == nil, "the batch was applied in part")
    },
    ContractCase("a guard on an absent row is a conflict") { subject in
      try await subject.expectConflict("a guard", [ContractRoot.guard(1, at: CommitID(bits: 1))])
    },
    ContractCase("a batch of guards only answers whether they hold") { subject in
      let version = try await subject.commit([ContractRoot.insert(1), ContractRoot.insert(2)])
      try await subject.commit([
        ContractRoot.guard(1, at: version), ContractRoot.guard(2, at: version),
      ])
      try await subject.commit([ContractRoot.update(2, over: version)])
      try await subject.expectConflict(
        "guards", [ContractRoot.guard(1, at: version), ContractRoot.guard(2, at: version)])
    },
    ContractCase("a batch is all or nothing, its messages too") { subject in
      let version = try await subject.commit([
        ContractItem(id: "a").insert, ContractItem(id: "b").insert,
      ])
      let message = OutboxMessage(
        shard: "0", record: BusRecord(topic: "t", key: "k", value: [1]))
      let entries = [
        ContractItem(id: "a", body: "changed").update(over: version),
        ContractItem(id: "b").delete(over: version), ContractItem(id: "c").insert,
        ContractItem(id: "missing").update(over: version),
      ]
      try await expectThrows(StoreError.conflict) { try await subject.commit(entries, [message]) }
      try expectEqual(try await subject.item("a")?.bodyText, "body")
      try expect(try await subject.item("b") != nil, "a row of a failed batch was deleted")
      try expect(try await subject.item("c") == nil, "a row of a failed batch was inserted")
      let pending = try await subject.store.pending(shard: "0", limit: 10)
      try expect(pending.isEmpty, "a failed batch left a message")
    },
    ContractCase("inserts, updates and deletes of several tables go in one batch") { subject in
      let version = try await subject.commit([
        ContractItem(id: "a").insert, ContractItem(id: "b").insert,
      ])
      let next = try await subject.commit([
        ContractItem(id: "a", body: "2").update(over: version),
        ContractItem(id: "b").delete(over: version), ContractItem(id: "c").insert,
        ContractRoot.insert(-5),
      ])
      try expectEqual(try await subject.item("a")?.version, next)
      try expect(try await subject.item("b") == nil, "the deleted row is there")
      try expectEqual(try await subject.item("c")?.version, next)
      try expectEqual(try await subject.root(-5)?.version, next)
    },
    ContractCase("an empty batch answers a version and does nothing") { subject in
      let first = try await subject.commit([])
      let second = try await subject.commit([])
      try expect(first != second, "two commits have the version \(first)")
    },
    ContractCase("after a commit its own reads see it at once") { subject in
      var version = try await subject.commit([ContractItem(id: "a", body: "0").insert])
      for step in 1...30 {
        version = try await subject.commit([
          ContractItem(id: "a", rank: Int64(step), body: "\(step)").update(over: version)
        ])
        try expectEqual(try await subject.item("a")?.bodyText, "\(step)")
        let page = try await subject.store.query(
          RecordQuery(
            table: ContractItem.table, index: "contract_item_live",
            prefix: [.integer(Int64(step))], limit: 5))
        try expectEqual(page.rows.map(\.version), [version], "what the index shows")
      }
    },
    ContractCase("settled rows are the stored ones") { subject in
      let version = try await subject.commit([ContractItem(id: "a").insert])
      let keys = ["a", "b"].map { [RecordValue.text("s"), .text($0)] }
      let rows = try await subject.store.settle(ContractItem.table, keys)
      try expectEqual(rows.map { $0?.version }, [version, nil])
    },
  ]

  static let versionCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("all rows of a batch get the version that the commit answers") { subject in
      let entries = (0..<50).map { ContractItem(id: "\($0)").insert }
      let version = try await subject.commit(entries + [ContractRoot.insert(1)])
      let page = try await subject.store.query(
        RecordQuery(table: ContractItem.table, limit: 100))
      try expectEqual(page.rows.count, 50)
      try expect(page.rows.allSatisfy { $0.version == version }, "versions of one batch differ")
      try expectEqual(try await subject.root(1)?.version, version)
    },
    ContractCase("versions are never used again and are no counter") { subject in
      var versions: [UInt64] = []
      for number in 0..<200 {
        versions.append(try await subject.commit([ContractRoot.insert(Int64(number))]).bits)
      }
      try expectEqual(Set(versions).count, 200, "the number of different versions")
      let steps = zip(versions, versions.dropFirst()).filter { $1 &- $0 < 1 << 20 }
      try expect(steps.count < 5, "versions count up: \(versions.prefix(5))")
    },
    ContractCase("a row that was deleted and inserted again is another one") { subject in
      let first = try await subject.commit([ContractItem(id: "a").insert])
      try await subject.commit([ContractItem(id: "a").delete(over: first)])
      let second = try await subject.commit([ContractItem(id: "a").insert])
      try expect(first != second, "both lives have the version \(first)")
      for entry in [
        ContractItem(id: "a").update(over: first), ContractItem(id: "a").delete(over: first),
        ContractItem(id: "a").guard(at: first),
      ] {
        try await subject.expectConflict("\(entry.change)", [entry])
      }
    },
    ContractCase("a guard does not change the version of its row") { subject in
      let version = try await subject.commit([ContractRoot.insert(1)])
      for number in 2..<10 {
        try await subject.commit([
          ContractRoot.guard(1, at: version), ContractRoot.insert(Int64(number)),
        ])
      }
      try expectEqual(try await subject.root(1)?.version, version)
    },
  ]
}
