internal import Ports

extension RecordStoreContract {
  static let limitCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("an undeclared table is refused everywhere") { subject in
      try await subject.expectRefused(
        "a commit", [.init(table: "nowhere", .insert(Row(key: [.integer(1)])))])
      try await subject.expectRefused("a query", RecordQuery(table: "nowhere", limit: 1))
      try await expectThrows("a get") {
        try await subject.store.get("nowhere", [[.integer(1)]])
      } matching: { (error: StoreError) in
        error.isRefusal
      }
    },
    ContractCase("an undeclared index is refused") { subject in
      try await subject.expectRefused(
        "a query", RecordQuery(table: itemTable.name, index: "nothing", limit: 1))
    },
    ContractCase("keys and columns must have the declared shape") { subject in
      let good = ContractItem(id: "a").row
      var short = good
      short.key = [.text("s")]
      var long = good
      long.columns.append(.null)
      var few = good
      few.columns = []
      var mixed = good
      mixed.columns[1] = .text("7")
      var nullKey = good
      nullKey.key[1] = .null
      var nullColumn = good
      nullColumn.columns[0] = .null
      for row in [short, long, few, mixed, nullKey, nullColumn] {
        try await subject.expectRefused("\(row)", [.init(table: itemTable.name, .insert(row))])
      }
      try await expectThrows("a get by half a key") {
        try await subject.store.get(itemTable.name, [[.text("s")]])
      } matching: { (error: StoreError) in
        error.isRefusal
      }
    },
    ContractCase("a text with NUL is refused in keys and columns") { subject in
      try await subject.expectRefused("a key", [ContractItem(id: "a\u{0}b").insert])
      try await subject.expectRefused("a column", [ContractItem(id: "a", code: "\u{0}").insert])
    },
    ContractCase("indexed values have at most 1 KiB, counted in bytes") { subject in
      let fits = String(repeating: "x", count: 1_024)
      let version = try await subject.commit([
        ContractItem(id: "a", code: fits, mark: [UInt8](repeating: 7, count: 1_024)).insert
      ])
      try expectEqual(try await subject.item("a")?.version, version)
      try await subject.expectRefused("a code", [ContractItem(id: "b", code: fits + "x").insert])
      try await subject.expectRefused("an id", [ContractItem(id: fits + "x").insert])
      try await subject.expectRefused(
        "a code of wide letters",
        [ContractItem(id: "b", code: String(repeating: "é", count: 513)).insert])
      try await subject.expectRefused(
        "a mark", [ContractItem(id: "b", mark: [UInt8](repeating: 0, count: 1_025)).insert])
    },
    ContractCase("a body has at most 1 MiB") { subject in
      var row = ContractItem(id: "a").row
      row.body = [UInt8](repeating: 0xab, count: 1 << 20)
      try await subject.commit([.init(table: itemTable.name, .insert(row))])
      try expectEqual(try await subject.item("a")?.row.body.count, 1 << 20)
      row.key[1] = .text("b")
      row.body.append(0)
      try await subject.expectRefused("a body", [.init(table: itemTable.name, .insert(row))])
    },
    ContractCase("a key comes once in a batch") { subject in
      let version = try await subject.commit([ContractItem(id: "a").insert])
      let twice: [[RecordBatch.Entry]] = [
        [ContractItem(id: "b").insert, ContractItem(id: "b").insert],
        [
          ContractItem(id: "a").delete(over: version),
          ContractItem(id: "a").insert,
        ],
        [
          ContractItem(id: "a").guard(at: version),
          ContractItem(id: "a").update(over: version),
        ],
      ]
      for entries in twice { try await subject.expectRefused("a batch", entries) }
      try expectEqual(try await subject.item("a")?.version, version)
    },
    ContractCase("a batch has at most 4,000 entries") { subject in
      try await subject.expectRefused("4,001 entries", (0...4_000).map { ContractRoot.insert($0) })
      let version = try await subject.commit((0..<4_000).map { ContractRoot.insert($0) })
      try expectEqual(try await subject.root(3_999)?.version, version)
    },
    ContractCase("a batch has at most 16 MiB") { subject in
      let entries = (0..<17).map { number in
        RecordBatch.Entry(
          table: rootTable.name,
          .insert(
            Row(
              key: [.integer(Int64(number))], body: [UInt8](repeating: 1, count: 1 << 20))))
      }
      try await subject.expectRefused("17 MiB", entries)
      try expect(try await subject.root(0) == nil, "a refused batch was applied in part")
    },
    ContractCase("a limit is between 1 and 10,000") { subject in
      for limit in [0, -1, 10_001, .max, .min] {
        try await subject.expectRefused(
          "a limit of \(limit)", RecordQuery(table: itemTable.name, limit: limit))
      }
      _ = try await subject.store.query(RecordQuery(table: itemTable.name, limit: 10_000))
    },
    ContractCase("at most 10,000 keys are read at once") { subject in
      let keys = (0...10_000).map { [RecordValue.integer(Int64($0))] }
      try await expectThrows("a get of 10,001 keys") {
        try await subject.store.get(rootTable.name, keys)
      } matching: { (error: StoreError) in
        error.isRefusal
      }
      let rows = try await subject.store.get(rootTable.name, Array(keys.dropLast()))
      try expectEqual(rows.count, 10_000)
    },
    ContractCase("nulls and wrong types in a query are refused") { subject in
      let base = RecordQuery(
        table: itemTable.name, index: "contract_item_by_state", prefix: [.text("s")], limit: 10)
      var nullPrefix = base
      nullPrefix.prefix = [.null]
      var nullBound = base
      nullBound.prefix.append(.text("new"))
      nullBound.lower = .including(.null)
      var wrongBound = base
      wrongBound.upper = .including(.integer(1))
      var tooDeep = base
      tooDeep.prefix += [.text("new"), .integer(1), .text("a"), .text("b")]
      for query in [nullPrefix, nullBound, wrongBound, tooDeep] {
        try await subject.expectRefused("\(query)", query)
      }
    },
    ContractCase("a message has at most 256 KiB") { subject in
      func message(_ count: Int) -> OutboxMessage {
        let value = [UInt8](repeating: 1, count: count)
        return OutboxMessage(shard: "0", record: BusRecord(topic: "t", key: "k", value: value))
      }
      try await subject.expectRefused("257 KiB", [], messages: [message((256 << 10) + 1)])
      try await subject.commit([], [message(256 << 10)])
    },
  ]
}
