public import Ports

/// What every `PasswordHasher` promises.
public enum PasswordHasherContract {
  public struct Subject: Sendable {
    let hasher: any PasswordHasher
    /// Hashes that must be started at once before one is told that it is busy.
    let atOnce: Int

    public init(_ hasher: any PasswordHasher, atOnce: Int) {
      self.hasher = hasher
      self.atOnce = atOnce
    }
  }

  public static let cases: [ContractCase<Subject>] = [
    ContractCase("a hash is that of its password and of no other") { subject in
      for password in passwords {
        let hash = try await subject.hasher.hash(password, salt: salt)
        for other in passwords {
          let verdict = try await subject.hasher.verify(other, against: hash)
          try expectEqual(
            verdict, other == password ? .same(isOutdated: false) : .different,
            "\(other.prefix(8)) against the hash of \(password.prefix(8))")
        }
      }
    },
    ContractCase("a hash says what it cost, and shows the salt and nothing of the password") {
      subject in
      let text = try await subject.hasher.hash(passwords[1], salt: salt)
      let hash = try expectPresent(PasswordHash(text: text), "the form of \(text)")
      try expectEqual(hash.cost, subject.hasher.cost, "the cost")
      try expectEqual(hash.salt, salt, "the salt")
      try expectEqual(hash.tag.count, 32, "the tag's length")
      let other = try await subject.hasher.hash(passwords[1], salt: salt.reversed())
      let tag = PasswordHash(text: other)?.tag
      try expect(tag != hash.tag, "another salt gives the same tag")
    },
    ContractCase("a hash of another cost is verified and said to be outdated") { subject in
      let hash = try await subject.hasher.hash(passwords[1], salt: salt)
      var other = try expectPresent(PasswordHash(text: hash), "the hash")
      other.cost.passes += 1
      let verdict = try await subject.hasher.verify(passwords[1], against: other.text)
      try expectEqual(verdict, .different, "a hash whose cost was changed")
    },
    ContractCase("hashes that are not ours or cost too much are refused") { subject in
      let hash = try await subject.hasher.hash(passwords[1], salt: salt)
      for bad in badHashes(hash) {
        try await expectThrows("verifying against \(bad)") {
          try await subject.hasher.verify(passwords[1], against: bad)
        } matching: { (error: PasswordHasherError) in
          if case .refused = error { true } else { false }
        }
      }
    },
    ContractCase("passwords and salts beyond their lengths are refused") { subject in
      for (password, salt) in [
        ([UInt8](repeating: 97, count: 1_025), salt), (passwords[1], [1, 2, 3, 4, 5, 6, 7]),
        (passwords[1], [UInt8](repeating: 1, count: 65)),
      ] {
        try await expectThrows("hashing") {
          try await subject.hasher.hash(password, salt: salt)
        } matching: { (error: PasswordHasherError) in
          if case .refused = error { true } else { false }
        }
      }
    },
    ContractCase("a flood is told at once that it is busy, and those before it are served") {
      subject in
      let answers = await withTaskGroup(of: Bool?.self) { group in
        for _ in 0..<subject.atOnce * 3 {
          group.addTask {
            do throws(PasswordHasherError) {
              _ = try await subject.hasher.hash(passwords[1], salt: salt)
              return true
            } catch {
              return error == .busy ? false : nil
            }
          }
        }
        return await group.reduce(into: [Bool?]()) { $0.append($1) }
      }
      try expect(!answers.contains(nil), "a hash failed in another way")
      try expect(answers.contains(false), "nobody was told that it is busy")
      try expect(
        answers.filter { $0 == true }.count >= subject.atOnce, "too few were served: \(answers)")
      _ = try await subject.hasher.hash(passwords[1], salt: salt)
    },
  ]

  private static let salt: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

  private static let passwords: [[UInt8]] =
    [[], [UInt8]("correct horse battery".utf8), [UInt8]("correct horse batterz".utf8), [0]]
    + [[0xff, 0xfe], [UInt8](repeating: 97, count: 1_024), [UInt8](repeating: 97, count: 1_023)]

  private static func badHashes(_ good: String) -> [String] {
    let parts = good.split(separator: "$").map(String.init)
    func with(_ cost: String) -> String { "$argon2id$v=19$\(cost)$\(parts[3])$\(parts[4])" }
    return [
      "", "plain", good + "xyz", good + "=", " " + good, String(good.dropLast(30)),
      good.replacing("argon2id", with: "argon2i"), good.replacing("v=19", with: "v=16"),
      good.replacing("v=19$", with: ""), with("m=4194304,t=1,p=1"), with("m=262145,t=1,p=1"),
      with("m=1024,t=11,p=1"), with("m=1024,t=0,p=1"), with("m=1024,t=1,p=9"),
      with("m=7,t=1,p=1"), with("m=01024,t=1,p=1"), with("m=-1,t=1,p=1"), with("t=1,m=1024,p=1"),
      with("m=99999999999999999999,t=1,p=1"), with("m=1024,t=1,p=1,x=1"),
    ]
  }
}
