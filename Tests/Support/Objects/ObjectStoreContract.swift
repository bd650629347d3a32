public import Ports

/// What the cases of `ObjectStoreContract` need: a fresh, empty store, whose faults are off.
public struct ObjectStoreSubject: Sendable {
  public var store: any ObjectStore
  /// What the store's digests are made with.
  public var digest: any Digest

  public init(_ store: any ObjectStore, digest: any Digest) {
    self.store = store
    self.digest = digest
  }
}

/// The contract of `ObjectStore`: the same cases for every backend.
///
/// Cases run alone on their store. They make tasks with task groups only, so that they may run
/// under the virtual kernel as well as on real executors.
public enum ObjectStoreContract {
  public static let cases: [ContractCase<ObjectStoreSubject>] =
    wholeCases + keyCases + rangeCases + foundCases + uploadCases + listingCases

  static let wholeCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("an object comes back as it was put") { subject in
      for content in [[], [0], [UInt8](repeating: 7, count: 300_000)] as [[UInt8]] {
        let summary = try await subject.put("a/b.bin", content, "application/x; q=1")
        try expectEqual(
          summary,
          ObjectSummary(
            size: Int64(content.count), digest: subject.digest.hexadecimal(of: content),
            contentType: "application/x; q=1"))
        try expectEqual(try await subject.store.head("a/b.bin"), summary)
        try expect(
          try await subject.store.get("a/b.bin", nil) == content, "the content is another")
      }
    },
    ContractCase("an absent object is not found") { subject in
      try await expectThrows(ObjectError.notFound) { try await subject.store.get("a", nil) }
      try await expectThrows(ObjectError.notFound) { try await subject.store.get("a", 0..<1) }
      try await expectThrows(ObjectError.notFound) { try await subject.store.head("a") }
    },
    ContractCase("the last put wins") { subject in
      try await subject.put("a", [1, 2, 3])
      try await subject.put("a", [4], "b")
      try expectEqual(try await subject.store.get("a", nil), [4])
      try expectEqual(try await subject.store.head("a").contentType, "b")
    },
    ContractCase("a taken key is a conflict when it should be absent") { subject in
      _ = try await subject.store.put("a", [1], contentType: "t", ifAbsent: true)
      try await expectThrows("the second put") {
        try await subject.store.put("a", [2], contentType: "t", ifAbsent: true)
      } matching: { (error: ObjectError) in
        error.isConflict
      }
      try expectEqual(try await subject.store.get("a", nil), [1])
      try await subject.store.delete("a")
      _ = try await subject.store.put("a", [3], contentType: "t", ifAbsent: true)
      try expectEqual(try await subject.store.get("a", nil), [3])
    },
    ContractCase("of concurrent puts that want the key absent exactly one wins") { subject in
      let store = subject.store
      let winners = await withTaskGroup(of: UInt8?.self) { group in
        for number in 0..<8 as Range<UInt8> {
          group.addTask {
            let put = try? await store.put("a", [number], contentType: "t", ifAbsent: true)
            return put == nil ? nil : number
          }
        }
        return await group.reduce(into: [UInt8]()) { winners, number in
          if let number { winners.append(number) }
        }
      }
      try expectEqual(winners.count, 1, "the number of winners")
      try expectEqual(try await store.get("a", nil), winners)
    },
    ContractCase("a reader sees one version or the other, whole") { subject in
      let store = subject.store
      try await subject.put("a", [UInt8](repeating: 0, count: 50_000))
      let torn = try await withThrowingTaskGroup(of: String?.self) { group in
        for number in 1...10 as ClosedRange<UInt8> {
          group.addTask {
            let content = [UInt8](repeating: number, count: 50_000 + Int(number))
            _ = try await store.put("a", content, contentType: "\(number)", ifAbsent: false)
            return nil
          }
          group.addTask {
            let content = try await store.get("a", nil)
            let first = content.first ?? 0
            let isWhole = content.allSatisfy { $0 == first }
            return isWhole && content.count == 50_000 + Int(first) ? nil : "\(content.count) bytes"
          }
        }
        return try await group.reduce(into: [String]()) { torn, found in
          if let found { torn.append(found) }
        }
      }
      try expectEqual(torn, [], "mixtures of versions")
    },
    ContractCase("a deleted object is gone, and absent ones can be deleted") { subject in
      try await subject.put("a", [1])
      try await subject.put("a/b", [2])
      try await subject.store.delete("a")
      try await subject.store.delete("a")
      try await subject.store.delete("never")
      try await expectThrows(ObjectError.notFound) { try await subject.store.head("a") }
      try expectEqual(try await subject.store.get("a/b", nil), [2])
    },
  ]

  static let keyCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("every key that is allowed is a place of its own") { subject in
      let keys = [
        "a", "A", "a/b", "a/b/c", "a.b", "a-b", "a_b", ".a", "a.", "...", "-", "0",
        String(repeating: "x", count: 512),
        [String](repeating: "y", count: 256).joined(separator: "/"),
      ]
      for key in keys { try await subject.put(key, [UInt8](key.utf8)) }
      for key in keys {
        try expect(
          try await subject.store.get(key, nil) == [UInt8](key.utf8), "\(key) has another content")
      }
    },
    ContractCase("keys that are not allowed are refused everywhere") { subject in
      let odd = [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a b", "é", "a\u{0}",
        "a\\b", "~", "%2e", String(repeating: "x", count: 513),
      ]
      for key in odd {
        try await subject.expectRefused("put [\(key)]") { try await subject.put(key, [1]) }
        try await subject.expectRefused("get [\(key)]") {
          _ = try await subject.store.get(key, nil)
        }
        try await subject.expectRefused("head [\(key)]") { _ = try await subject.store.head(key) }
        try await subject.expectRefused("delete [\(key)]") { try await subject.store.delete(key) }
        try await subject.expectRefused("upload [\(key)]") {
          _ = try await subject.store.startUpload(key, contentType: "t")
        }
      }
    },
  ]

  static let rangeCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("a range is that part, cut at the end") { subject in
      let content = (0..<100).map { UInt8($0) }
      try await subject.put("a", content)
      for range in [
        0..<100, 0..<1, 99..<100, 10..<20, 50..<1_000, 7..<7, 100..<200, 99..<Int64.max,
      ]
        as [Range<Int64>]
      {
        try expectEqual(
          try await subject.store.get("a", range),
          content.indices.filter { range.contains(Int64($0)) }.map { content[$0] }, "\(range)")
      }
    },
    ContractCase("a range that begins outside is refused") { subject in
      try await subject.put("a", [1, 2, 3])
      for range in [4..<5, 1_000..<1_001, -1..<2, Int64.min..<0] as [Range<Int64>] {
        try await subject.expectRefused("the range \(range)") {
          _ = try await subject.store.get("a", range)
        }
      }
    },
  ]
}

extension ObjectStoreSubject {
  @discardableResult
  func put(
    _ key: String, _ bytes: [UInt8], _ contentType: String = "text/plain"
  ) async throws -> ObjectSummary {
    try await store.put(key, bytes, contentType: contentType, ifAbsent: false)
  }

  func expectRefused<Answer>(
    _ what: String, line: UInt = #line, _ body: () async throws -> Answer
  ) async throws {
    try await expectThrows(what, line: line, body) { (error: ObjectError) in error.isRefusal }
  }
}

extension ObjectError {
  var isRefusal: Bool {
    if case .refused = self { return true }
    return false
  }

  var isConflict: Bool {
    if case .conflict = self { return true }
    return false
  }
}
