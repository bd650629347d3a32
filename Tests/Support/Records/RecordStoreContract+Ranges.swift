internal import Ports

extension RecordStoreContract {
  /// Ten items: `0` to `7` with ranks 0 to 70, one without a rank, and one in another state.
  private static func fill(_ subject: RecordStoreSubject) async throws {
    var entries = (0..<8).map { ContractItem(id: "\($0)", rank: Int64($0) * 10).insert }
    entries.append(ContractItem(id: "null").insert)
    entries.append(ContractItem(id: "old", state: "old", rank: 35).insert)
    try await subject.commit(entries)
  }

  private static func ranks(_ change: (inout RecordQuery) -> Void) -> RecordQuery {
    var query = RecordQuery(
      table: itemTable.name, index: "contract_item_by_state",
      prefix: [.text("s"), .text("new")], limit: 1_000)
    change(&query)
    return query
  }

  static let rangeCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("bounds include or exclude their value") { subject in
      try await fill(subject)
      for (lower, upper, expected) in [
        (.including(.integer(20)), .including(.integer(40)), ["2", "3", "4"]),
        (.excluding(.integer(20)), .excluding(.integer(40)), ["3"]),
        (.including(.integer(15)), .excluding(.integer(31)), ["2", "3"]),
        (.excluding(.integer(30)), .including(.integer(30)), []),
        (.including(.integer(50)), .including(.integer(10)), []),
      ] as [(RecordQuery.Bound, RecordQuery.Bound, [String])] {
        let query = ranks {
          $0.lower = lower
          $0.upper = upper
        }
        try expectEqual(try await subject.ids(query), expected, "\(lower) to \(upper)")
        var reverse = query
        reverse.isDescending = true
        try expectEqual(
          try await subject.ids(reverse), expected.reversed(), "\(lower) to \(upper) reversed")
      }
    },
    ContractCase("a range with one end leaves nulls out") { subject in
      try await fill(subject)
      try expectEqual(
        try await subject.ids(ranks { $0.lower = .including(.integer(60)) }), ["6", "7"])
      try expectEqual(
        try await subject.ids(ranks { $0.upper = .excluding(.integer(20)) }), ["0", "1"])
      let reverse = ranks {
        $0.lower = .excluding(.integer(50))
        $0.isDescending = true
      }
      try expectEqual(try await subject.ids(reverse), ["7", "6"])
    },
    ContractCase("a prefix selects what equals it") { subject in
      try await fill(subject)
      try expectEqual(try await subject.ids(ranks { $0.prefix = [.text("s")] }).count, 10)
      try expectEqual(
        try await subject.ids(ranks { $0.prefix = [.text("s"), .text("old")] }), ["old"])
      try expectEqual(
        try await subject.ids(ranks { $0.prefix = [.text("s"), .text("new"), .integer(40)] }),
        ["4"])
      try expectEqual(try await subject.ids(ranks { $0.prefix = [.text("x")] }), [])
      try expectEqual(
        try await subject.ids(RecordQuery(table: itemTable.name, prefix: [.text("s")], limit: 3)),
        ["0", "1", "2"])
    },
    ContractCase("prefix and range reach into the key behind the index") { subject in
      try await subject.commit(
        ["a", "b", "c", "d"].map { ContractItem(id: $0, rank: 1).insert }
          + [ContractItem(id: "b", space: "t", rank: 1).insert])
      var query = RecordQuery(
        table: itemTable.name, index: "contract_item_live",
        prefix: [.integer(1), .text("s")], limit: 100)
      query.lower = .excluding(.text("b"))
      try expectEqual(try await subject.ids(query), ["c", "d"])
      query.prefix = [.integer(1), .text("t"), .text("b")]
      query.lower = nil
      try expectEqual(try await subject.ids(query), ["b"])
    },
    ContractCase("a range over the key itself") { subject in
      try await fill(subject)
      var query = RecordQuery(table: itemTable.name, prefix: [.text("s")], limit: 100)
      query.lower = .including(.text("6"))
      query.upper = .excluding(.text("old"))
      try expectEqual(try await subject.ids(query), ["6", "7", "null"])
    },
  ]

  static let pageCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("pages join without gap and without repetition, both ways") { subject in
      try await subject.commit((0..<57).map { ContractItem(id: "\(100 + $0)", rank: 1).insert })
      let expected = (0..<57).map { "\(100 + $0)" }
      for limit in [1, 7, 19, 57, 58] {
        var query = RecordQuery(
          table: itemTable.name, index: "contract_item_live", limit: limit)
        try expectEqual(try await subject.allIDs(query), expected, "pages of \(limit)")
        query.isDescending = true
        try expectEqual(
          try await subject.allIDs(query), expected.reversed(), "pages of \(limit) reversed")
      }
    },
    ContractCase("a page has no next when nothing follows") { subject in
      let none = try await subject.store.query(RecordQuery(table: itemTable.name, limit: 3))
      try expect(none.rows.isEmpty && none.next == nil, "an empty table has a page \(none)")
      try await subject.commit((0..<3).map { ContractItem(id: "\($0)").insert })
      let all = try await subject.store.query(RecordQuery(table: itemTable.name, limit: 3))
      try expectEqual(all.rows.count, 3)
      try expect(all.next == nil, "a full last page names a next one")
    },
    ContractCase("pages over a place with nulls join as well") { subject in
      try await subject.commit(
        (0..<10).map { ContractItem(id: "\($0)", rank: $0 < 5 ? Int64($0) : nil).insert })
      var query = RecordQuery(
        table: itemTable.name, index: "contract_item_by_state", prefix: [.text("s")], limit: 3)
      try expectEqual(try await subject.allIDs(query), (0..<10).map { "\($0)" })
      query.isDescending = true
      try expectEqual(try await subject.allIDs(query), (0..<10).reversed().map { "\($0)" })
    },
    ContractCase("a cursor stays a place when its row is gone") { subject in
      let version = try await subject.commit((0..<9).map { ContractItem(id: "\($0)").insert })
      for isDescending in [false, true] {
        var query = RecordQuery(table: itemTable.name, isDescending: isDescending, limit: 4)
        let page = try await subject.store.query(query)
        let last = try expectPresent(page.rows.last, "the last row")
        try await subject.commit([ContractItem(id: last.itemID).delete(over: version)])
        query.after = page.next
        let rest = try await subject.allIDs(query)
        try expectEqual(rest.first, isDescending ? "4" : "4", "what follows \(last.itemID)")
        try await subject.commit([ContractItem(id: last.itemID).insert])
        let again = try expectPresent(try await subject.item(last.itemID), "the row").version
        try await subject.commit([ContractItem(id: last.itemID).delete(over: again)])
      }
    },
    ContractCase("edits between pages never hide or repeat a row that stayed") { subject in
      try await subject.commit((0..<40).map { ContractItem(id: "\(100 + $0)").insert })
      for isDescending in [false, true] {
        var query = RecordQuery(table: itemTable.name, isDescending: isDescending, limit: 3)
        var (seen, step) = ([String](), 0)
        while true {
          let page = try await subject.store.query(query)
          seen += page.rows.map(\.itemID)
          guard let next = page.next else { break }
          query.after = next
          // Rows around the cursor come and go; those with a plain number stay.
          let id = "\(100 + step * 7 % 40)+\(isDescending)"
          try await subject.commit([ContractItem(id: id).insert])
          step += 1
        }
        let stayed = seen.filter { !$0.contains("+") }
        let expected = (0..<40).map { "\(100 + $0)" }
        try expectEqual(stayed, isDescending ? expected.reversed() : expected)
        try expectEqual(Set(seen).count, seen.count, "the number of different rows")
      }
    },
    ContractCase("a range ends its pages") { subject in
      try await subject.commit((0..<20).map { ContractItem(id: "\(100 + $0)").insert })
      var query = RecordQuery(table: itemTable.name, prefix: [.text("s")], limit: 4)
      query.lower = .including(.text("105"))
      query.upper = .including(.text("112"))
      try expectEqual(try await subject.allIDs(query), (105...112).map { "\($0)" })
      query.isDescending = true
      try expectEqual(try await subject.allIDs(query), (105...112).reversed().map { "\($0)" })
    },
  ]
}
