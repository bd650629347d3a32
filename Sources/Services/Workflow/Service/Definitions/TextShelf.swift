internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Texts that are too long for one row, in rows of their own, found by their content.
///
/// Rows are written before what refers to them and never change, so that a text is whole wherever
/// it is referred to; what a crash leaves behind is used by whoever tries again.
struct TextShelf: Sendable {
  let ports: WorkflowPorts

  /// Keeps a text; nil when it is short enough to lie where it is needed.
  func keep(_ text: [UInt8], in namespace: String) async throws(Problem) -> TextParts? {
    guard text.count > ports.configuration.inlineTextBytesMax else { return nil }
    let size = max(ports.configuration.textPartBytesMax, 1)
    let digest = ports.digest.hexadecimal(of: text)
    var parts = TextParts(digest: digest)
    var start = 0
    while start < text.count {
      let end = min(start + size, text.count)
      let row = TextPartRecord(
        namespace: namespace, digest: digest, part: parts.count, bytes: Array(text[start..<end]))
      try await ports.untilCommitted { () throws(Problem) in
        let key = WorkflowTables.texts.row(row).key
        if try await ports.record(WorkflowTables.texts, key) != nil { return true }
        let batch = RecordBatch(entries: [WorkflowTables.texts.insert(row)])
        return try await ports.commits(batch) ? true : nil
      }
      parts.count += 1
      start = end
    }
    return parts
  }

  /// - Parameter inline: the text itself when there are no parts.
  func text(
    _ inline: [UInt8], _ parts: TextParts?, in namespace: String
  ) async throws(Problem) -> [UInt8] {
    guard let parts else { return inline }
    let keys = (0..<max(parts.count, 0)).map { part -> [RecordValue] in
      [.text(namespace), .text(parts.digest), .integer(Int64(part))]
    }
    var text: [UInt8] = []
    do throws(StoreError) {
      for row in try await ports.store.get(WorkflowTables.texts, keys) {
        guard let row else { throw StoreError.refused("a part of \(parts.digest) is missing") }
        text += row.record.bytes
      }
    } catch {
      if case .refused(let why) = error { throw Problem(500, "definition-unreadable", why) }
      throw Problem(error)
    }
    return text
  }
}
