import Foundation
import Testing

/// Texts that stand beside the tests and were looked at by people.
///
/// `MILLRACE_GOLDEN=write swift test --filter millraceTests` writes them anew; the difference is
/// then read before it is committed.
enum Golden {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Golden").standardizedFileURL

  static func expect(
    _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["MILLRACE_GOLDEN"] == "write" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let wanted = (try? String(contentsOf: file, encoding: .utf8)) ?? "(\(name) does not exist)"
    #expect(
      text == wanted,
      "\(name) differs; if it should, write it anew with MILLRACE_GOLDEN=write and read the change",
      sourceLocation: sourceLocation)
  }

  /// What differs from run to run is replaced by a word for it, and columns by two blanks.
  static func steady(_ text: String) -> String {
    text
      .replacing(/run_[0-9a-z]{26}/, with: "RUN")
      .replacing(/req_[0-9a-z]{26}/, with: "REQUEST")
      .replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "INSTANT")
      .replacing(/"(processorTime|memoryPeak)":( ?)\d+/) {
        "\"\($0.output.1)\":\($0.output.2)NUMBER"
      }
      .replacing(/127\.0\.0\.1:\d+/, with: "ADDRESS")
      .replacing(/\b\d+(\.\d)?(ms|s)\b|\b\d+m\d\ds\b/, with: "LENGTH")
      .replacing(#/(\S) {3,}/#) { "\($0.output.1)  " }
  }
}
