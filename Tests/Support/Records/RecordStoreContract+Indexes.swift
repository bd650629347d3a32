internal import Ports

extension RecordStoreContract {
  private static func items(_ query: (inout RecordQuery) -> Void) -> RecordQuery {
    var made = RecordQuery(table: itemTable.name, limit: 1_000)
    query(&made)
    return made
  }

  static let uniqueCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("a unique value that is taken is refused") { subject in
      try await subject.commit([ContractItem(id: "a", code: "x").insert])
      try await subject.expectRefused("the second x", [ContractItem(id: "b", code: "x").insert])
      try expect(try await subject.item("b") == nil, "a refused row was stored")
      try await subject.commit([ContractItem(id: "b", space: "other", code: "x").insert])
    },
    ContractCase("a unique value taken twice in one batch is refused") { subject in
      try await subject.expectRefused(
        "a batch",
        [ContractItem(id: "a", code: "x").insert, ContractItem(id: "b", code: "x").insert])
    },
    ContractCase("nulls stay out of unique indexes") { subject in
      try await subject.commit([ContractItem(id: "a").insert, ContractItem(id: "b").insert])
      try await subject.commit([ContractItem(id: "c").insert])
    },
    ContractCase("a deleted row gives its unique value free") { subject in
      let version = try await subject.commit([ContractItem(id: "a", code: "x").insert])
      try await subject.commit([ContractItem(id: "a", code: "x").delete(over: version)])
      try await subject.commit([ContractItem(id: "b", code: "x").insert])
    },
    ContractCase("a delete makes room for an insert of the same batch") { subject in
      let version = try await subject.commit([ContractItem(id: "z", code: "x").insert])
      try await subject.commit([
        ContractItem(id: "a", code: "x").insert,
        ContractItem(id: "z", code: "x").delete(over: version),
      ])
      try expectEqual(
        try await subject.ids(
          items {
            $0.index = "contract_item_by_code"
            $0.prefix = [.text("s"), .text("x")]
          }), ["a"])
    },
    ContractCase("repeating an insert is a conflict, its own unique value or not") { subject in
      try await subject.commit([ContractItem(id: "a", code: "x").insert])
      try await subject.expectConflict("the repeat", [ContractItem(id: "a", code: "x").insert])
    },
    ContractCase("unique columns never change") { subject in
      let version = try await subject.commit([ContractItem(id: "a", code: "x").insert])
      try await subject.expectRefused(
        "an update", [ContractItem(id: "a", code: "y").update(over: version)])
      try await subject.expectRefused(
        "an update to null", [ContractItem(id: "a").update(over: version)])
      try await subject.commit([ContractItem(id: "a", rank: 1, code: "x").update(over: version)])
    },
    ContractCase("a unique index that is partial holds for live rows only") { subject in
      func pair(_ number: Int64, _ owner: String?) -> RecordBatch.Entry {
        .init(
          table: pairTable.name,
          .insert(Row(key: [.bytes([1]), .integer(number)], columns: [.optional(owner)])))
      }
      try await subject.commit([pair(1, nil), pair(2, nil), pair(3, "me")])
      try await subject.expectRefused("a second owner", [pair(4, "me")])
    },
  ]

  static let orderCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("without an index rows come in the order of their keys") { subject in
      for id in ["m", "a", "z", "b"] { try await subject.commit([ContractItem(id: id).insert]) }
      try await subject.commit([ContractItem(id: "q", space: "a").insert])
      try expectEqual(try await subject.ids(items { _ in }), ["q", "a", "b", "m", "z"])
      try expectEqual(
        try await subject.ids(items { $0.isDescending = true }), ["z", "m", "b", "a", "q"])
    },
    ContractCase("text sorts by bytes, not by letters") { subject in
      let sorted = ["", " ", "-", "10", "9", "A", "Z", "_", "a", "aa", "b", "é", "ﬀ", "😀"]
      try await subject.commit(sorted.reversed().map { ContractItem(id: $0).insert })
      try expectEqual(try await subject.ids(items { _ in }), sorted)
    },
    ContractCase("texts that look alike are different keys") { subject in
      // "é" as one scalar and as two.
      try await subject.commit([
        ContractItem(id: "e\u{301}").insert, ContractItem(id: "\u{e9}").insert,
      ])
      let keys = ["e\u{301}", "\u{e9}"].map { [RecordValue.text("s"), .text($0)] }
      let rows = try await subject.store.get(ContractItem.table, keys)
      try expectEqual(
        rows.map { $0.map { Array($0.itemID.utf8) } }, [[101, 204, 129], [195, 169]])
    },
    ContractCase("integers sort by value over their whole range") { subject in
      let numbers: [Int64] = [.min, -300, -1, 0, 1, 255, 256, .max]
      try await subject.commit(numbers.reversed().map { ContractRoot.insert($0) })
      let page = try await subject.store.query(RecordQuery(table: ContractRoot.table, limit: 100))
      try expectEqual(page.rows.map(\.row.key), numbers.map { [.integer($0)] })
    },
    ContractCase("bytes sort by bytes, shorter first, and may hold anything") { subject in
      let marks: [[UInt8]] = [[], [0], [0, 0], [0, 1], [1], [127], [128], [255], [255, 0]]
      try await subject.commit(
        marks.enumerated().reversed().map { ContractItem(id: "\($0)", mark: $1).insert })
      try expectEqual(
        try await subject.ids(items { $0.index = "contract_item_by_mark" }),
        marks.indices.map { "\($0)" })
    },
    ContractCase("nulls are last, and first in reverse") { subject in
      try await subject.commit([
        ContractItem(id: "null").insert, ContractItem(id: "big", rank: .max).insert,
        ContractItem(id: "small", rank: .min).insert,
      ])
      let query = items {
        $0.index = "contract_item_by_state"
        $0.prefix = [.text("s"), .text("new")]
      }
      try expectEqual(try await subject.ids(query), ["small", "big", "null"])
      var reverse = query
      reverse.isDescending = true
      try expectEqual(try await subject.ids(reverse), ["null", "big", "small"])
    },
    ContractCase("equal places are ordered by key") { subject in
      try await subject.commit(
        ["c", "a", "d", "b"].map { ContractItem(id: $0, rank: 5).insert })
      let query = items { $0.index = "contract_item_live" }
      try expectEqual(try await subject.ids(query), ["a", "b", "c", "d"])
    },
    ContractCase("a partial index leaves out rows whose first column is null") { subject in
      let version = try await subject.commit([
        ContractItem(id: "live", rank: 1).insert, ContractItem(id: "done").insert,
      ])
      let query = items { $0.index = "contract_item_live" }
      try expectEqual(try await subject.ids(query), ["live"])
      try await subject.commit([
        ContractItem(id: "live").update(over: version),
        ContractItem(id: "done", rank: 9).update(over: version),
      ])
      try expectEqual(try await subject.ids(query), ["done"])
    },
    ContractCase("an index follows updates and deletes") { subject in
      let version = try await subject.commit([
        ContractItem(id: "a", rank: 1).insert, ContractItem(id: "b", rank: 2).insert,
        ContractItem(id: "c", rank: 3).insert,
      ])
      try await subject.commit([
        ContractItem(id: "a", rank: 9).update(over: version),
        ContractItem(id: "b").delete(over: version),
      ])
      try expectEqual(
        try await subject.ids(items { $0.index = "contract_item_live" }), ["c", "a"])
    },
  ]
}
