import Domain
import Foundation
import TestSupport
import Testing

@testable import WorkerCore

@Suite struct SecretMaskerTests {
  private static func masker(_ texts: String...) throws -> SecretMasker {
    SecretMasker(try texts.map { try SecretValue($0) })
  }

  private static let canary = "s3cr\"t/& pa\\ss~wörd"

  /// What programs make of a secret, by other means than the code under test.
  private static func spellings(of secret: String) -> [(name: String, text: String)] {
    let data = Data(secret.utf8)
    var all = [("plain", secret), ("base64", data.base64EncodedString())]
    for before in ["x", "xy", "user:"] {
      all.append(
        ("base64 after \(before)", Data((before + secret + "!").utf8).base64EncodedString()))
    }
    let urlSafe = data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    all.append(("base64url", urlSafe.replacing("=", with: "")))
    let kept = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyz0123456789-._~")
      .union(CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    let percent = secret.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    all.append(("percent", percent))
    all.append(
      ("percent in lower case", percent.replacing(/%[0-9A-F]{2}/) { $0.output.lowercased() }))
    all.append(("form", percent.replacing("%20", with: "+").replacing("~", with: "%7E")))
    all.append(("hexadecimal", data.map { String(format: "%02x", $0) }.joined()))
    all.append(("JSON", String(Value.string(secret).json.dropFirst().dropLast())))
    all.append(("JSON with slashes", all[all.count - 1].1.replacing("/", with: "\\/")))
    return all
  }

  /// Goal: nothing of a secret is left, in whatever form and whatever stands around it.
  @Test func `every form is masked`() throws {
    let masker = try Self.masker(Self.canary)
    for (name, text) in Self.spellings(of: Self.canary) {
      let masked = masker.masked("before \(text) after")
      #expect(masked.hasPrefix("before ") && masked.hasSuffix(" after"), "\(name): \(masked)")
      #expect(masked.contains("***"), "\(name): \(masked)")
      // At the edges of base64 a few bits stand with those of the neighbours.
      #expect(masked.utf8.count <= "before *** after".utf8.count + 12, "\(name): \(masked)")
    }
  }

  /// Goal: edges of pieces change nothing.
  /// Method: every spelling in one text, cut at every byte, and into pieces of each small length.
  @Test func `edges of pieces change nothing`() throws {
    let masker = try Self.masker(Self.canary, "another-secret", "crossing-edges-everywhere")
    let text =
      Self.spellings(of: Self.canary).map(\.text).joined(separator: " | ")
      + "another-secretcrossing-edges-everywhere another-secre crossing-"
    let bytes = Array(text.utf8)
    let whole = Array(masker.masked(text).utf8)
    for cut in 0...bytes.count {
      var stream = MaskedStream(masker)
      let told = stream.take(bytes[..<cut]) + stream.take(bytes[cut...]) + stream.finish()
      #expect(told == whole, "cut at \(cut)")
    }
    for length in 1...9 {
      var stream = MaskedStream(masker)
      var told: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: length) {
        told += stream.take(bytes[start..<min(start + length, bytes.count)])
      }
      #expect(told + stream.finish() == whole, "pieces of \(length)")
    }
  }

  /// Goal: the fast search finds what a naive one finds.
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `random texts are masked as a naive search does it`(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    func word(_ length: Int) -> [UInt8] {
      (0..<length).map { _ in UInt8(ascii: "a") + UInt8(random.below(2)) }
    }
    let secrets = (0..<3).map { _ in word(8 + random.below(6)) }
    let masker = SecretMasker(
      try secrets.map { try SecretValue(String(decoding: $0, as: UTF8.self)) })
    var text = word(random.below(60))
    for _ in 0..<random.below(4) {
      text += secrets[random.below(3)].dropLast(random.below(3)) + word(random.below(9))
    }
    var covered = [Bool](repeating: false, count: text.count)
    for secret in secrets {
      for start in text.indices where text[start...].starts(with: secret) {
        for place in start..<start + secret.count { covered[place] = true }
      }
    }
    let bare = text.indices.filter { !covered[$0] }.map { text[$0] }
    let cut = random.below(text.count + 1)
    var stream = MaskedStream(masker)
    let told = stream.take(text[..<cut]) + stream.take(text[cut...]) + stream.finish()
    #expect(told.filter { $0 != UInt8(ascii: "*") } == bare)
    #expect(told.contains(UInt8(ascii: "*")) == covered.contains(true))
  }

  @Test func `secrets of many lines are masked as a whole and line by line`() throws {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\nshort\n-----END KEY-----\n"
    let masker = try Self.masker(key)
    #expect(masker.masked("a\n\(key)b") == "a\n***b")
    #expect(masker.masked("> MIIEvQIBADANBgkq <") == "> *** <")
    // A line that is too short alone is no secret.
    #expect(masker.masked("in short") == "in short")
  }

  @Test func `overlapping secrets leave nothing of either`() throws {
    let masker = try Self.masker("abcdefghij", "fghijklmno")
    #expect(masker.masked("<abcdefghijklmno>") == "<***>")
    #expect(masker.masked("<abcdefghij>") == "<***>")
    #expect(masker.masked("<abcdefghi>") == "<abcdefghi>")
  }

  @Test func `what may still become a secret is kept, and nothing else`() throws {
    var stream = MaskedStream(try Self.masker("correct-horse"))
    #expect(stream.take("a line\n".utf8) == Array("a line\n".utf8))
    #expect(!stream.isHolding)
    #expect(stream.take("is it corr".utf8) == Array("is it ".utf8))
    #expect(stream.isHolding)
    #expect(stream.take("osion?\n".utf8) == Array("corrosion?\n".utf8))
    #expect(stream.take("correct-hors".utf8) == [])
    #expect(stream.finish() == Array("correct-hors".utf8))
  }

  @Test func `values are masked wherever a text stands`() throws {
    let masker = try Self.masker("correct-horse")
    let value = Value.object([
      "a correct-horse": .array([.string("correct-horse!"), .integer(1)]), "b": .null,
    ])
    let masked = Value.object(["a ***": .array([.string("***!"), .integer(1)]), "b": .null])
    #expect(masker.masked(value) == masked)
  }
}
