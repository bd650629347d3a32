import FoundationEssentials
import TestSupport
import Testing

/// What Python's protobuf says of some bytes; written by `scripts/conformance.py vectors`.
struct GoldenVector: Decodable, CustomTestStringConvertible {
  var name: String
  var type: String
  var bytes: String
  /// What has to be written after reading `bytes`; nil when they must be refused.
  var again: String?

  var testDescription: String { name }

  static func all() throws -> [GoldenVector] {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Vectors/golden.json")
    return try JSONDecoder().decode([GoldenVector].self, from: Data(contentsOf: file))
  }

  static func bytes() throws -> [[UInt8]] {
    try all().compactMap { Hexadecimal.bytes($0.bytes) }
  }
}
