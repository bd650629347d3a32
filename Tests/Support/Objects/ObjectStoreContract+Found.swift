import Ports

extension ObjectStoreContract {
  static let foundCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("what was found is read in ranges, cut at the end") { subject in
      let content = (0..<100).map { UInt8($0) }
      let summary = try await subject.put("a", content, "x/y")
      let found = try await subject.store.look("a")
      try expectEqual(found.key, "a")
      try expectEqual(found.summary, summary)
      try await subject.expectRanges(of: found, content)
    },
    ContractCase("what came in parts is found and read in ranges") { subject in
      let content = (0..<100).map { UInt8($0) }
      let upload = try await subject.store.startUpload("a/b", contentType: "x/y")
      for number in 1...2 {
        try await subject.store.putPart(
          upload: upload, number: number, Array(content[(number - 1) * 50..<number * 50]))
      }
      let summary = try await subject.store.completeUpload(upload, parts: 2)
      let found = try await subject.store.look("a/b")
      try expectEqual(found.summary, summary)
      try await subject.expectRanges(of: found, content)
    },
    ContractCase("an object in the way of another key is found as itself") { subject in
      try await subject.put("a", [1])
      try await subject.put("a/b", [2])
      let one = try await subject.store.look("a")
      let other = try await subject.store.look("a/b")
      try expectEqual(try await subject.store.get(one, 0..<1), [1])
      try expectEqual(try await subject.store.get(other, 0..<1), [2])
    },
    ContractCase("ranges of a version are never bytes of another one") { subject in
      try await subject.put("a", [UInt8](repeating: 1, count: 1_000))
      let old = try await subject.store.look("a")
      try await subject.put("a", [UInt8](repeating: 2, count: 1_000))
      let new = try await subject.store.look("a")
      try expect(new.version != old.version, "two contents are one version")
      try expectEqual(try await subject.store.get(new, 0..<2), [2, 2])
      try await subject.expectItsOwn([1, 1], of: old)
      try await subject.store.delete("a")
      try await expectThrows(ObjectError.notFound) { try await subject.store.get(new, 0..<2) }
      try await subject.expectItsOwn([1, 1], of: old)
      try await subject.put("a", [UInt8](repeating: 3, count: 1_000))
      try await subject.expectItsOwn([2, 2], of: new)
    },
    ContractCase("a version that came in parts is not another one that did") { subject in
      var versions: [FoundObject] = []
      for number in 1...2 as ClosedRange<UInt8> {
        let upload = try await subject.store.startUpload("a", contentType: "t")
        let bytes = [UInt8](repeating: number, count: 1_000)
        try await subject.store.putPart(upload: upload, number: 1, bytes)
        _ = try await subject.store.completeUpload(upload, parts: 1)
        versions.append(try await subject.store.look("a"))
      }
      try expectEqual(try await subject.store.get(versions[1], 0..<2), [2, 2])
      try await subject.expectItsOwn([1, 1], of: versions[0])
    },
    ContractCase("what was never found is not there") { subject in
      let summary = try await subject.put("a", [1, 2, 3])
      for version in ["", "x", "=", "~", "../a", String(repeating: "0", count: 32)] {
        let never = FoundObject(key: "a", summary: summary, version: version)
        try await expectThrows(ObjectError.notFound) {
          try await subject.store.get(never, 0..<1)
        }
      }
      let found = try await subject.store.look("a")
      var elsewhere = found
      elsewhere.key = "b"
      try await expectThrows(ObjectError.notFound) {
        try await subject.store.get(elsewhere, 0..<1)
      }
      elsewhere.key = "../a"
      try await subject.expectRefused("a key that cannot be") {
        try await subject.store.get(elsewhere, 0..<1)
      }
      try await expectThrows(ObjectError.notFound) { try await subject.store.look("b") }
    },
    ContractCase("a range that begins outside what was found is refused") { subject in
      try await subject.put("a", [1, 2, 3])
      let found = try await subject.store.look("a")
      for range in [4..<5, 1_000..<1_001, -1..<2, Int64.min..<0] as [Range<Int64>] {
        try await subject.expectRefused("the range \(range)") {
          try await subject.store.get(found, range)
        }
      }
    },
  ]
}

extension ObjectStoreSubject {
  fileprivate func expectRanges(of found: FoundObject, _ content: [UInt8]) async throws {
    for range in [0..<100, 0..<1, 99..<100, 10..<20, 50..<1_000, 7..<7, 100..<200]
      as [Range<Int64>]
    {
      try expectEqual(
        try await store.get(found, range),
        content.indices.filter { range.contains(Int64($0)) }.map { content[$0] }, "\(range)")
    }
  }

  /// A version that was replaced may be readable for a while.
  fileprivate func expectItsOwn(_ bytes: [UInt8], of found: FoundObject) async throws {
    let read: [UInt8]
    do {
      read = try await store.get(found, 0..<Int64(bytes.count))
    } catch ObjectError.notFound {
      return
    }
    try expectEqual(read, bytes, "bytes of another version")
  }
}
