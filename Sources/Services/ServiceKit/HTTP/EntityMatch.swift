/// The precondition of `If-Match` (RFC 9110 §13.1.1): the thing must still be as the sender saw it.
public enum EntityMatch: Hashable, Sendable {
  /// `*`: there must be something, whatever it is.
  case anything
  /// It must have one of these strong tags.
  case tags([String])

  /// Weak tags never match and are left out; tags are taken with quotes or, as people type them,
  /// without.
  init(_ field: String) {
    var tags: [String] = []
    for part in field.split(separator: ",") {
      let text = part.trimmingBlanks
      if text == "*" {
        self = .anything
        return
      }
      guard !text.hasPrefix("W/") else { continue }
      let isQuoted = text.utf8.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      tags.append(String(isQuoted ? text.dropFirst().dropLast() : text))
    }
    self = .tags(tags)
  }

  /// - Parameter tag: of what there is now; nil when there is nothing.
  public func allows(_ tag: String?) -> Bool {
    switch (self, tag) {
    case (_, nil): false
    case (.anything, _?): true
    case (.tags(let tags), let tag?): tags.contains { $0.utf8.elementsEqual(tag.utf8) }
    }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var text = self
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
