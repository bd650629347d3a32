internal import Ports

extension RecordStoreContract {
  static let concurrencyCases: [ContractCase<RecordStoreSubject>] = [
    ContractCase("of concurrent inserts of one key exactly one wins") { subject in
      let wins = await wins(of: 8) { number in
        try await subject.commit([ContractItem(id: "a", body: "\(number)").insert])
      }
      try expectEqual(wins.count, 1, "the number of winners")
      try expectEqual(try await subject.item("a")?.bodyText, wins.first.map { "\($0)" })
    },
    ContractCase("of concurrent updates over one version exactly one wins") { subject in
      let version = try await subject.commit([ContractItem(id: "a").insert])
      let wins = await wins(of: 8) { number in
        try await subject.commit([
          ContractItem(id: "a", body: "\(number)").update(over: version)
        ])
      }
      try expectEqual(wins.count, 1, "the number of winners")
      try expectEqual(try await subject.item("a")?.bodyText, wins.first.map { "\($0)" })
    },
    ContractCase("of concurrent inserts of one unique value exactly one wins") { subject in
      let wins = await wins(of: 8) { number in
        try await subject.commit([ContractItem(id: "\(number)", code: "x").insert])
      }
      try expectEqual(wins.count, 1, "the number of winners")
    },
    ContractCase("guards of one row do not stop each other") { subject in
      let version = try await subject.commit([ContractRoot.insert(0)])
      let wins = await wins(of: 8) { number in
        for attempt in 0..<50 {
          do {
            return try await subject.commit([
              ContractRoot.guard(0, at: version), ContractItem(id: "\(number)").insert,
            ])
          } catch StoreError.conflict where attempt < 49 {
            // A lock was not to be had; the version still holds.
            continue
          }
        }
        throw StoreError.conflict
      }
      try expectEqual(wins.count, 8, "the number of winners")
    },
    ContractCase("crossed guards never both pass: no write skew") { subject in
      for round in 0..<20 {
        let (one, two) = (Int64(round * 2), Int64(round * 2 + 1))
        let version = try await subject.commit([ContractRoot.insert(one), ContractRoot.insert(two)])
        let wins = await wins(of: 2) { number in
          let (mine, other) = number == 0 ? (one, two) : (two, one)
          return try await subject.commit([
            ContractRoot.guard(other, at: version),
            ContractRoot.update(mine, body: "w", over: version),
          ])
        }
        try expect(wins.count <= 1, "two batches passed though each changed what the other guards")
      }
    },
    ContractCase("a read of several keys never sees half a batch") { subject in
      let store = subject.store
      let version = try await subject.commit([ContractRoot.insert(1), ContractRoot.insert(2)])
      let torn = try await withThrowingTaskGroup(of: String?.self) { group in
        group.addTask {
          var version = version
          for step in 0..<60 {
            let entries = [1, 2].map { ContractRoot.update($0, body: "\(step)", over: version) }
            version = try await store.commit(RecordBatch(entries: entries))
          }
          return nil
        }
        for _ in 0..<3 {
          group.addTask {
            for _ in 0..<60 {
              let rows = try await store.get(ContractRoot.table, [[.integer(1)], [.integer(2)]])
              guard rows[0]?.version == rows[1]?.version else { return "\(rows)" }
              let page = try await store.query(RecordQuery(table: ContractRoot.table, limit: 10))
              let versions = Set(page.rows.map(\.version))
              guard versions.count == 1 else { return "\(page)" }
            }
            return nil
          }
        }
        return try await group.reduce(into: [String]()) { torn, found in
          if let found { torn.append(found) }
        }
      }
      try expect(torn.isEmpty, "half a batch was seen: \(torn.first ?? "")")
    },
    ContractCase("a counter under contention loses nothing") { subject in
      let store = subject.store
      try await subject.commit([ContractRoot.insert(0, body: "0")])
      let done = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<6 {
          group.addTask {
            var done = 0
            while done < 15 {
              let rows = try await store.get(ContractRoot.table, [[.integer(0)]])
              guard let row = rows[0], let count = Int(row.bodyText) else { return done }
              let entry = ContractRoot.update(0, body: "\(count + 1)", over: row.version)
              do {
                _ = try await store.commit(RecordBatch(entries: [entry]))
                done += 1
              } catch StoreError.conflict {
                continue
              }
            }
            return done
          }
        }
        return try await group.reduce(0, +)
      }
      try expectEqual(done, 90, "the number of increments")
      try expectEqual(try await subject.root(0)?.bodyText, "90")
    },
  ]

  /// Runs the contenders at once and answers which of them succeeded.
  private static func wins(
    of count: Int, _ contend: @escaping @Sendable (Int) async throws -> CommitID
  ) async -> [Int] {
    await withTaskGroup(of: Int?.self) { group in
      for number in 0..<count {
        group.addTask { (try? await contend(number)) == nil ? nil : number }
      }
      return await group.reduce(into: [Int]()) { wins, number in
        if let number { wins.append(number) }
      }
    }
  }
}
