internal import Ports

/// What an upload is and what became of it: one small document that is replaced as a whole, so that
/// every process sees one state or the other.
struct UploadHead: Hashable, Sendable {
  enum State: Hashable, Sendable {
    /// Parts may come. Becomes `planned` when it is to be completed and has all parts.
    case open
    /// These parts will be the object, whoever makes it. Becomes `done` when that is visible.
    case planned(UploadPlan)
    /// Final.
    case done(size: Int64, digest: String)
  }

  var key: String
  var contentType: String
  /// What S3 calls the upload that takes the large parts.
  var direct: String
  var state: State

  private static let title = "millrace-upload-1"

  /// Lines of words; texts are in base64.
  var encoded: [UInt8] {
    var lines = [
      UploadHead.title,
      ["what", key, UploadHead.word(contentType), UploadHead.word(direct)].joined(separator: " "),
    ]
    switch state {
    case .open: lines.append("open")
    case .planned(let plan): lines += ["planned"] + plan.parts.map(\.line)
    case .done(let size, let digest): lines.append("done \(size) \(digest)")
    }
    return [UInt8]((lines.joined(separator: "\n") + "\nend\n").utf8)
  }

  /// Nil unless it is a whole document.
  init?(decoding bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 5, lines[0] == UploadHead.title, lines[lines.count - 2] == "end",
      lines[lines.count - 1].isEmpty
    else { return nil }
    let what = UploadHead.words(lines[1])
    guard what.count == 4, what[0] == "what", let type = UploadHead.text(what[2]),
      let direct = UploadHead.text(what[3])
    else { return nil }
    (key, contentType, self.direct) = (String(what[1]), type, direct)
    let words = UploadHead.words(lines[2])
    switch words.first {
    case "open" where lines.count == 5: state = .open
    case "planned":
      let parts = lines[3..<(lines.count - 2)].map { PlannedPart(line: $0) }
      guard parts.allSatisfy({ $0 != nil }) else { return nil }
      state = .planned(UploadPlan(parts: parts.compactMap(\.self)))
    case "done" where words.count == 3 && lines.count == 5:
      guard let size = Int64(words[1]) else { return nil }
      state = .done(size: size, digest: String(words[2]))
    default: return nil
    }
  }

  init(key: String, contentType: String, direct: String) {
    (self.key, self.contentType, self.direct, state) = (key, contentType, direct, .open)
  }

  /// What `completeUpload` answers; nil before that.
  var summary: ObjectSummary? {
    guard case .done(let size, let digest) = state else { return nil }
    return ObjectSummary(size: size, digest: digest, contentType: contentType)
  }

  static func words(_ line: Substring) -> [Substring] {
    line.split(separator: " ", omittingEmptySubsequences: false)
  }

  /// Any text as a word that is not empty.
  static func word(_ text: String) -> String {
    "." + Base64.url.text([UInt8](text.utf8))
  }

  static func text(_ word: Substring) -> String? {
    guard word.first == "." else { return nil }
    return Base64.url.bytes(word.dropFirst()).map { String(decoding: $0, as: UTF8.self) }
  }
}
