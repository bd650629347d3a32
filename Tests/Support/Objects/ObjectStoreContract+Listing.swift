internal import Ports

extension ObjectStoreContract {
  static let listingCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("an empty store lists nothing") { subject in
      try expectEqual(try await subject.listed(limit: 10), [])
    },
    ContractCase("every object is listed once, on however many pages") { subject in
      let keys = [
        "a", "a/b", "a/b/c", "a-b", "a.b", "A", "b/a", "...", String(repeating: "x", count: 512),
      ]
      for key in keys { try await subject.put(key, [1]) }
      try await subject.putInParts("a/parts", [[1], [2]])
      let expected = (keys + ["a/parts"]).sorted()
      for limit in [1, 2, expected.count, ObjectKey.pageMax] {
        try expectEqual(
          try await subject.listed(limit: limit).sorted(), expected, "pages of \(limit)")
      }
    },
    ContractCase("objects that were put over are listed once") { subject in
      for content in [[1], [2], [2]] as [[UInt8]] { try await subject.put("a", content) }
      try await subject.putInParts("b", [[1], [2]])
      try await subject.putInParts("b", [[3]])
      try await subject.putInParts("c", [[1]])
      try await subject.put("c", [2])
      try await subject.put("d", [1])
      try await subject.putInParts("d", [[2]])
      try expectEqual(try await subject.listed(limit: 2).sorted(), ["a", "b", "c", "d"])
    },
    ContractCase("deleted objects are not listed") { subject in
      for key in ["a", "a/b", "b", "c"] { try await subject.put(key, [1]) }
      try await subject.putInParts("d", [[1]])
      for key in ["a", "c", "d"] { try await subject.store.delete(key) }
      try expectEqual(try await subject.listed(limit: 2).sorted(), ["a/b", "b"])
      for key in ["a/b", "b"] { try await subject.store.delete(key) }
      try expectEqual(try await subject.listed(limit: 2), [])
    },
    ContractCase("an upload is not listed before it is complete") { subject in
      let open = try await subject.store.startUpload("open", contentType: "t")
      try await subject.store.putPart(upload: open, number: 1, [1])
      let aborted = try await subject.store.startUpload("aborted", contentType: "t")
      try await subject.store.putPart(upload: aborted, number: 1, [1])
      try await subject.store.abortUpload(aborted)
      try expectEqual(try await subject.listed(limit: 2), [])
      _ = try await subject.store.completeUpload(open, parts: 1)
      try expectEqual(try await subject.listed(limit: 2), ["open"])
    },
    ContractCase("what stays is listed once while others come and go") { subject in
      let staying = (0..<6).map { "some/stays-\($0)" }
      let going = (0..<3).map { "some/goes-\($0)" }
      for key in staying + going { try await subject.put(key, [1]) }
      var coming = ["some/comes", "zz/comes", "..comes"]
      var left = going
      let listed = try await subject.listed(limit: 2) { _ in
        if let key = left.popLast() { try await subject.store.delete(key) }
        if let key = coming.popLast() { try await subject.put(key, [1]) }
        try await subject.put(staying[0], [2])
      }
      try expectEqual(listed.filter { staying.contains($0) }.sorted(), staying)
      let odd = listed.filter { !(staying + going).contains($0) && !$0.hasSuffix("comes") }
      try expectEqual(odd, [], "keys of no object")
    },
    ContractCase("deleting what a page lists hides no other object") { subject in
      let keys = (0..<7).map { "\($0)/key" }
      for key in keys { try await subject.put(key, [1]) }
      let listed = try await subject.listed(limit: 2) { page in
        for key in page { try await subject.store.delete(key) }
      }
      try expectEqual(listed.sorted(), keys)
      try expectEqual(try await subject.listed(limit: 2), [])
    },
    ContractCase("pages that cannot be are refused") { subject in
      for limit in [0, -1, Int.min, Int.max, ObjectKey.pageMax + 1] {
        try await subject.expectRefused("a page of \(limit)") {
          try await subject.store.keys(limit: limit, cursor: nil)
        }
      }
    },
  ]
}

extension ObjectStoreSubject {
  /// All keys in the order in which they come; each page is shown before the next is asked for.
  fileprivate func listed(
    limit: Int, _ show: ([String]) async throws -> Void = { _ in }
  ) async throws -> [String] {
    var listed: [String] = []
    var cursor: String?
    for _ in 0..<1_000 {
      let page = try await store.keys(limit: limit, cursor: cursor)
      try expect(page.keys.count <= limit, "a page of \(limit) has \(page.keys.count) keys")
      listed += page.keys
      try await show(page.keys)
      guard let next = page.next else { return listed }
      cursor = next
    }
    throw ContractViolation("the list has no end", at: #fileID)
  }

  fileprivate func putInParts(_ key: String, _ parts: [[UInt8]]) async throws {
    let upload = try await store.startUpload(key, contentType: "t")
    for (index, part) in parts.enumerated() {
      try await store.putPart(upload: upload, number: index + 1, part)
    }
    _ = try await store.completeUpload(upload, parts: parts.count)
  }
}
