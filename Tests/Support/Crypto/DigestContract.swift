public import Ports

/// What every `Digest` promises: 32 bytes that are the same for the same bytes, and different ones
/// for inputs that differ in anything.
public enum DigestContract {
  public struct Subject: Sendable {
    let digest: any Digest

    public init(_ digest: any Digest) {
      self.digest = digest
    }
  }

  public static let cases: [ContractCase<Subject>] = [
    ContractCase("a digest has 32 bytes") { subject in
      for bytes in samples {
        try expectEqual(subject.digest.digest(bytes).count, 32, "the length of a digest")
      }
    },
    ContractCase("the same bytes give the same digest") { subject in
      for bytes in samples {
        try expectEqual(
          subject.digest.digest(bytes), subject.digest.digest(bytes), "the second digest")
      }
    },
    ContractCase("bytes that differ give digests that differ") { subject in
      let digests = samples.map { subject.digest.hexadecimal(of: $0) }
      for (place, digest) in digests.enumerated() {
        try expect(!digests[..<place].contains(digest), "sample \(place) is not told apart")
      }
    },
    ContractCase("bytes in pieces have the digest of the whole") { subject in
      for bytes in samples {
        for piece in [1, 7, 64, 2_000] {
          let stream = subject.digest.begin()
          for start in stride(from: 0, to: bytes.count, by: piece) {
            stream.update([UInt8](bytes[start...].prefix(piece)))
            stream.update([])
          }
          try expectEqual(stream.finish(), subject.digest.digest(bytes), "in pieces of \(piece)")
        }
      }
    },
    ContractCase("its hexadecimal form has 64 lower-case digits") { subject in
      for bytes in samples {
        let text = subject.digest.hexadecimal(of: bytes)
        let isPlain = text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        try expect(text.utf8.count == 64 && isPlain, "'\(text)' is no such form")
      }
    },
  ]

  /// Empty, around the sizes of a block, and pairs that differ in length, order or one bit only.
  private static let samples: [[UInt8]] =
    [[], [0], [0, 0], [1], [1, 2], [2, 1], [128]]
    + [55, 56, 63, 64, 65, 1_000].map { [UInt8](repeating: 0x61, count: $0) }
}
