internal import Ports

extension ObjectStoreContract {
  static let uploadCases: [ContractCase<ObjectStoreSubject>] = [
    ContractCase("parts make one object, in whatever order they come") { subject in
      let parts = [[UInt8](repeating: 1, count: 100_000), [2], [], [UInt8](repeating: 4, count: 9)]
      let upload = try await subject.store.startUpload("a/b", contentType: "x/y")
      for number in [3, 1, 4, 2] {
        try await subject.store.putPart(upload: upload, number: number, parts[number - 1])
      }
      let content = parts.flatMap(\.self)
      let summary = try await subject.store.completeUpload(upload, parts: 4)
      try expectEqual(
        summary,
        ObjectSummary(
          size: Int64(content.count), digest: subject.digest.hexadecimal(of: content),
          contentType: "x/y"))
      try expect(try await subject.store.get("a/b", nil) == content, "the content is another")
      try expectEqual(try await subject.store.head("a/b"), summary)
    },
    ContractCase("nothing is visible before the upload is complete") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: upload, number: 1, [1])
      try await expectThrows(ObjectError.notFound) { try await subject.store.get("a", nil) }
      try await subject.put("a", [9])
      try expectEqual(try await subject.store.get("a", nil), [9])
      _ = try await subject.store.completeUpload(upload, parts: 1)
      try expectEqual(try await subject.store.get("a", nil), [1])
    },
    ContractCase("a part that comes again replaces the one before") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      for content in [[1], [2, 2], [3]] as [[UInt8]] {
        try await subject.store.putPart(upload: upload, number: 1, content)
      }
      _ = try await subject.store.completeUpload(upload, parts: 1)
      try expectEqual(try await subject.store.get("a", nil), [3])
    },
    ContractCase("completing again answers the same and changes nothing") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: upload, number: 1, [1])
      let summary = try await subject.store.completeUpload(upload, parts: 1)
      try expectEqual(try await subject.store.completeUpload(upload, parts: 1), summary)
      try await subject.put("a", [9])
      try expectEqual(try await subject.store.completeUpload(upload, parts: 1), summary)
      try expectEqual(try await subject.store.get("a", nil), [9])
    },
    ContractCase("concurrent completions agree") { subject in
      let store = subject.store
      let upload = try await store.startUpload("a", contentType: "t")
      for number in 1...5 {
        try await store.putPart(
          upload: upload, number: number, [UInt8](repeating: UInt8(number), count: 20_000))
      }
      let answers = try await withThrowingTaskGroup(of: ObjectSummary.self) { group in
        for _ in 0..<4 {
          group.addTask { try await store.completeUpload(upload, parts: 5) }
        }
        return try await group.reduce(into: [ObjectSummary]()) { $0.append($1) }
      }
      let head = try await store.head("a")
      try expect(answers.allSatisfy { $0 == head }, "\(answers) and \(head)")
      try expectEqual(head.size, 100_000)
    },
    ContractCase("a missing part is refused, and can still come") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: upload, number: 2, [2])
      try await subject.expectRefused("completing without part 1") {
        try await subject.store.completeUpload(upload, parts: 2)
      }
      try await expectThrows(ObjectError.notFound) { try await subject.store.head("a") }
      try await subject.store.putPart(upload: upload, number: 1, [1])
      _ = try await subject.store.completeUpload(upload, parts: 2)
      try expectEqual(try await subject.store.get("a", nil), [1, 2])
    },
    ContractCase("uploads of one key do not meet") { subject in
      let one = try await subject.store.startUpload("a", contentType: "t")
      let other = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: one, number: 1, [1])
      try await subject.store.putPart(upload: other, number: 1, [2])
      _ = try await subject.store.completeUpload(other, parts: 1)
      try expectEqual(try await subject.store.get("a", nil), [2])
      _ = try await subject.store.completeUpload(one, parts: 1)
      try expectEqual(try await subject.store.get("a", nil), [1])
    },
    ContractCase("an aborted upload is forgotten") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: upload, number: 1, [1])
      try await subject.store.abortUpload(upload)
      try await subject.store.abortUpload(upload)
      try await expectThrows(ObjectError.notFound) {
        try await subject.store.putPart(upload: upload, number: 1, [1])
      }
      try await expectThrows(ObjectError.notFound) {
        try await subject.store.completeUpload(upload, parts: 1)
      }
      try await expectThrows(ObjectError.notFound) { try await subject.store.head("a") }
    },
    ContractCase("a completed upload takes nothing more and its object stays") { subject in
      let upload = try await subject.store.startUpload("a", contentType: "t")
      try await subject.store.putPart(upload: upload, number: 1, [1])
      _ = try await subject.store.completeUpload(upload, parts: 1)
      try await subject.expectRefused("a late part") {
        try await subject.store.putPart(upload: upload, number: 1, [2])
      }
      try await subject.store.abortUpload(upload)
      try expectEqual(try await subject.store.get("a", nil), [1])
    },
    ContractCase("uploads and parts that make no sense are turned away") { subject in
      for upload in ["", "x", "../objects", String(repeating: "0", count: 32), "a/b", "\u{0}"] {
        try await expectThrows(ObjectError.notFound) {
          try await subject.store.putPart(upload: upload, number: 1, [1])
        }
        try await expectThrows(ObjectError.notFound) {
          try await subject.store.completeUpload(upload, parts: 1)
        }
        try await subject.store.abortUpload(upload)
      }
      let upload = try await subject.store.startUpload("a", contentType: "t")
      for number in [0, -1, Int.max, Int.min] {
        try await subject.expectRefused("part \(number)") {
          try await subject.store.putPart(upload: upload, number: number, [1])
        }
        try await subject.expectRefused("\(number) parts") {
          try await subject.store.completeUpload(upload, parts: number)
        }
      }
    },
  ]
}
