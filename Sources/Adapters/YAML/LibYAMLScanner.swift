internal import CYAML
public import Domain
public import Ports

/// Scans YAML with libyaml, whose version 1.1 is narrowed to what version 1.2 reads the same.
///
/// JSON is read as YAML's flow style; an escaped surrogate pair (`\ud83d\ude00`) is refused there,
/// JSON that may have one goes through the JSON reader and `SourceNode(value:)` instead.
public struct LibYAMLScanner: DocumentScanner {
  private let limits: DocumentLimits

  public init(limits: DocumentLimits = DocumentLimits()) {
    self.limits = limits
  }

  public func scan(_ bytes: [UInt8]) throws(Finding) -> [DocumentEvent] {
    let text = try SourceText(bytes, limits: limits)
    var parser = try YAMLParser(text.bytes)
    var recorder = EventRecorder(text: text, limits: limits)
    while true {
      var event = try parser.next()
      let isLast = event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT
      let recorded = Result { () throws(Finding) in try recorder.record(event) }
      yaml_event_delete(&event)
      try recorded.get()
      if isLast { return recorder.events }
    }
  }

  /// Whether there is a comment, which a formatter that works on the definition would lose.
  ///
  /// - Throws: what `scan` throws for bytes that are no YAML at all.
  public func hasComments(_ bytes: [UInt8]) throws(Finding) -> Bool {
    let text = try SourceText(bytes, limits: limits)
    return try CommentSearch(text: text).found()
  }
}
