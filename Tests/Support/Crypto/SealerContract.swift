public import Ports

/// What every `Sealer` promises.
public enum SealerContract {
  public struct Subject: Sendable {
    let sealer: any Sealer

    public init(_ sealer: any Sealer) {
      self.sealer = sealer
    }

    func seal(_ plain: [UInt8], context: [UInt8] = SealerContract.context) -> [UInt8] {
      sealer.seal(plain, key: key, nonce: nonce, context: context)
    }

    func open(_ sealed: [UInt8], context: [UInt8] = SealerContract.context) -> [UInt8]? {
      sealer.open(sealed, key: key, nonce: nonce, context: context)
    }
  }

  private static let key = [UInt8](repeating: 1, count: SealLength.key)
  private static let nonce = [UInt8](repeating: 2, count: SealLength.nonce)
  private static let context = [UInt8]("default/DEPLOY_KEY/1".utf8)

  public static let cases: [ContractCase<Subject>] = [
    ContractCase("what is sealed opens as it was, whatever its length") { subject in
      for length in [0, 1, 15, 16, 17, 31, 32, 1_000, 65_536] {
        let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = subject.seal(plain)
        try expectEqual(sealed.count, length + SealLength.tag, "the length of what is sealed")
        try expectEqual(subject.open(sealed), plain, "what opens")
      }
    },
    ContractCase("nothing of a text is seen in what is sealed") { subject in
      let plain = [UInt8]("the quick brown fox jumps over the lazy dog".utf8)
      let sealed = subject.seal(plain)
      for start in 0...(plain.count - 6) {
        let piece = plain[start..<start + 6]
        let isSeen = (0...(sealed.count - 6)).contains { sealed[$0..<$0 + 6] == piece }
        try expect(!isSeen, "bytes \(start) and on are seen")
      }
    },
    ContractCase("with any bit changed nothing opens") { subject in
      let sealed = subject.seal([UInt8]("correct horse".utf8))
      for bit in 0..<(sealed.count * 8) {
        var changed = sealed
        changed[bit / 8] ^= 1 << (bit % 8)
        try expect(subject.open(changed) == nil, "bit \(bit) changes nothing")
      }
      for length in 0..<sealed.count {
        try expect(subject.open([UInt8](sealed.prefix(length))) == nil, "\(length) bytes open")
      }
      try expect(subject.open(sealed + [0]) == nil, "one byte more opens")
    },
    ContractCase("another key, nonce or context opens nothing") { subject in
      let sealed = subject.seal([1, 2, 3])
      let sealer = subject.sealer
      var (otherKey, otherNonce) = (key, nonce)
      otherKey[31] ^= 1
      otherNonce[11] ^= 1
      try expect(
        sealer.open(sealed, key: otherKey, nonce: nonce, context: context) == nil, "another key")
      try expect(
        sealer.open(sealed, key: key, nonce: otherNonce, context: context) == nil,
        "another nonce")
      for other in [[], [0] + context, context + [0], [UInt8](context.dropLast())] {
        try expect(subject.open(sealed, context: other) == nil, "another context")
      }
      try expectEqual(subject.open(subject.seal([1], context: []), context: []), [1], "no context")
    },
    ContractCase("keys and nonces of another length seal and open nothing") { subject in
      let sealed = subject.seal([1])
      for length in [0, 11, 12, 13, 16, 31, 33, 64] {
        let bytes = [UInt8](repeating: 1, count: length)
        if length != SealLength.key {
          let made = subject.sealer.seal([1], key: bytes, nonce: nonce, context: context)
          try expectEqual(made, [], "sealed by \(length) bytes")
          let opened = subject.sealer.open(sealed, key: bytes, nonce: nonce, context: context)
          try expect(opened == nil, "opened by \(length) bytes")
        }
        if length != SealLength.nonce {
          let made = subject.sealer.seal([1], key: key, nonce: bytes, context: context)
          try expectEqual(made, [], "sealed with a nonce of \(length) bytes")
          let opened = subject.sealer.open(sealed, key: key, nonce: bytes, context: context)
          try expect(opened == nil, "opened with a nonce of \(length) bytes")
        }
      }
    },
  ]
}
