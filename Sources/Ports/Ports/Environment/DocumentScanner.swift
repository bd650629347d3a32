public import Domain

/// Turns the text of a YAML 1.2 or JSON document into events.
///
/// Refuses, with a finding that has a position, what definitions may not have: bytes that are not
/// UTF-8, more than one document, anchors and aliases, tags outside the core schema, more than 4
/// MiB, nesting deeper than 32. Duplicate keys are judged by the reader of the events, which knows
/// both places. Never traps, whatever the bytes.
public protocol DocumentScanner: Sendable {
  func scan(_ bytes: [UInt8]) throws(Finding) -> [DocumentEvent]
}
