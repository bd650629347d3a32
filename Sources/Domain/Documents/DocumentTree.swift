/// Reads documents that are not workflows, such as scenarios of the simulator.
public enum DocumentTree {
  /// The tree of what a `DocumentScanner` saw.
  ///
  /// - Throws: the first thing that is wrong with it, such as a key that occurs twice.
  public static func read(
    _ events: [DocumentEvent], limits: DocumentLimits = DocumentLimits()
  ) throws(Finding) -> SourceNode {
    var builder = SourceNodeBuilder(limits: limits, findings: FindingList(reportedMax: 1))
    let root = builder.build(events)
    if let finding = builder.findings.reported.first { throw finding }
    guard let root else {
      throw Finding(
        code: "empty-document", message: "the document is empty", hint: "write something into it",
        position: .start)
    }
    return root
  }
}
