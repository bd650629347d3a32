public import Ports

/// What every `Signer` promises, for each algorithm.
public enum SignerContract {
  public struct Subject: Sendable {
    let signer: any Signer

    public init(_ signer: any Signer) {
      self.signer = signer
    }

    func key(_ algorithm: SignatureAlgorithm, _ number: UInt8) throws -> SigningKey {
      try expectPresent(
        signer.key(algorithm, seed: [UInt8](repeating: number, count: 32)), "key \(number)")
    }
  }

  public static let cases: [ContractCase<Subject>] = [
    ContractCase("the same seed gives the same key, another one another key") { subject in
      for algorithm in SignatureAlgorithm.allCases {
        let keys = try [1, 1, 2].map { try subject.key(algorithm, $0).verifyingKey }
        try expectEqual(keys[0], keys[1], "the second key")
        try expect(keys[0] != keys[2], "two seeds give one key")
        try expectEqual(keys[0].algorithm, algorithm, "the algorithm")
        try expectEqual(keys[0].bytes.count, algorithm == .es256 ? 64 : 32, "its length")
      }
    },
    ContractCase("seeds of another length are no keys") { subject in
      for algorithm in SignatureAlgorithm.allCases {
        for length in [0, 16, 31, 33, 64] {
          let key = subject.signer.key(algorithm, seed: [UInt8](repeating: 1, count: length))
          try expect(key == nil, "\(length) bytes are a key")
        }
      }
      let zero = subject.signer.key(.es256, seed: [UInt8](repeating: 0, count: 32))
      try expect(zero == nil, "zero is a key of P-256")
    },
    ContractCase("a signature is that of its message and key alone") { subject in
      for algorithm in SignatureAlgorithm.allCases {
        let (key, other) = (try subject.key(algorithm, 1), try subject.key(algorithm, 2))
        for message in messages {
          let signature = subject.signer.signature(of: message, by: key)
          try expectEqual(signature.count, 64, "the length of a signature")
          func isGood(_ signature: [UInt8], _ message: [UInt8], _ key: VerifyingKey) -> Bool {
            subject.signer.isSignature(signature, of: message, by: key)
          }
          try expect(isGood(signature, message, key.verifyingKey), "it is not accepted")
          try expect(!isGood(signature, message, other.verifyingKey), "another key accepts it")
          for wrong in messages where wrong != message {
            try expect(!isGood(signature, wrong, key.verifyingKey), "another message has it")
          }
        }
      }
    },
    ContractCase("a signature with any bit changed is none") { subject in
      for algorithm in SignatureAlgorithm.allCases {
        let key = try subject.key(algorithm, 1)
        let signature = subject.signer.signature(of: messages[1], by: key)
        for bit in 0..<512 {
          var changed = signature
          changed[bit / 8] ^= 1 << UInt8(bit % 8)
          let isGood = subject.signer.isSignature(
            changed, of: messages[1], by: key.verifyingKey)
          try expect(!isGood, "\(algorithm) accepts it with bit \(bit) changed")
        }
      }
    },
    ContractCase("whatever has a wrong length or algorithm is no signature and no key") { subject in
      for algorithm in SignatureAlgorithm.allCases {
        let key = try subject.key(algorithm, 1)
        let signature = subject.signer.signature(of: messages[1], by: key)
        for bad in [[], [0], [UInt8](signature.dropLast()), signature + [0], signature + signature]
        {
          let isGood = subject.signer.isSignature(bad, of: messages[1], by: key.verifyingKey)
          try expect(!isGood, "\(bad.count) bytes are a signature")
        }
        for other in SignatureAlgorithm.allCases where other != algorithm {
          let confused = VerifyingKey(other, bytes: key.verifyingKey.bytes)
          let isGood = subject.signer.isSignature(signature, of: messages[1], by: confused)
          try expect(!isGood, "a key of \(algorithm) is taken for one of \(other)")
        }
        for length in [0, 31, 33, 63, 65, 96] {
          let broken = VerifyingKey(algorithm, bytes: [UInt8](repeating: 4, count: length))
          let isGood = subject.signer.isSignature(signature, of: messages[1], by: broken)
          try expect(!isGood, "a key of \(length) bytes accepts a signature")
        }
      }
    },
    ContractCase("a key is printed without its secret") { subject in
      let key = try subject.key(.edDSA, 77)
      for text in ["\(key)", String(reflecting: key), String(describing: [key])] {
        try expect(!text.contains("77"), "'\(text)' shows it")
      }
    },
  ]

  private static let messages: [[UInt8]] = [
    [], [0], [0, 0], [UInt8]("a.b".utf8), [UInt8]("a.c".utf8), [UInt8](repeating: 7, count: 5_000),
  ]
}
