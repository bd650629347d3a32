import Domain
import Foundation

/// One file of the Wycheproof project's test vectors.
struct Wycheproof {
  struct Vector: CustomStringConvertible, Sendable {
    var group: Value
    var test: Value

    var number: String { test["tcId"]?.text ?? "" }
    var isValid: Bool { test["result"] == .string("valid") }
    var description: String { "\(number) \(test["comment"]?.text ?? "")" }

    func bytes(_ name: String) -> [UInt8] { Wycheproof.bytes(test[name]?.text ?? "") }
  }

  let vectors: [Vector]

  init(_ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Vectors/\(name)_test.json")
    let value = try Value(
      json: [UInt8](try Foundation.Data(contentsOf: file)),
      limits: JSONLimits(stringBytesMax: 1 << 20))
    vectors = Wycheproof.items(value["testGroups"]).flatMap { group in
      Wycheproof.items(group["tests"]).map { Vector(group: group, test: $0) }
    }
  }

  private static func items(_ value: Value?) -> [Value] {
    if case .array(let items)? = value { items } else { [] }
  }

  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = [UInt8](hexadecimal.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
      UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16)
    }
  }
}

extension Value {
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }
}
