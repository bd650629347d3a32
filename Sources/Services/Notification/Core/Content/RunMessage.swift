public import Domain

/// What a notification says, in each form. The same message has the same bytes at every attempt.
public struct RunMessage: Hashable, Sendable {
  public let delivery: DeliveryID
  public let occasion: Occasion
  public let end: RunEnd
  /// Where people and programs find the run; nil where the installation has no public address.
  public let link: String?

  public init(delivery: DeliveryID, occasion: Occasion, end: RunEnd, link: String?) {
    self.delivery = delivery
    self.occasion = occasion
    self.end = end
    self.link = link
  }

  /// For the field Content-Type.
  public static let contentType = "application/cloudevents+json"

  /// A CloudEvent (1.0.2, JSON format): thin, with a link to everything else.
  public var event: Value {
    var run: [(String, Value)] = [
      ("run", .string(end.run.text)), ("namespace", .string(end.namespace.text)),
      ("workflow", .string(end.workflow.text)), ("version", .string(end.version.text)),
      ("outcome", .string(end.outcome.rawValue)), ("revision", .integer(end.revision)),
      ("labels", .object(end.labels.mapValues(Value.string))),
      ("startedAt", .string(end.startedAt.text)), ("endedAt", .string(end.endedAt.text)),
    ]
    if !end.reasonCode.isEmpty {
      run.append(
        (
          "reason",
          .object(["code": .string(end.reasonCode), "message": .string(end.reasonMessage)])
        ))
    }
    if let link { run.append(("link", .string(link))) }
    return .object(
      SortedMap([
        ("specversion", .string("1.0")), ("id", .string(delivery.text)),
        ("source", .string("/namespaces/\(end.namespace)/workflows/\(end.workflow)")),
        ("type", .string("dev.millrace.run.\(occasion.rawValue)")),
        ("subject", .string(end.run.text)), ("time", .string(end.endedAt.text)),
        ("datacontenttype", .string("application/json")), ("data", .object(SortedMap(run))),
      ]))
  }

  // MARK: Mail

  /// `✗ payments/build failed`
  public var subject: String { "\(glyph) \(end.namespace)/\(end.workflow) \(word)" }

  public var text: String {
    let width = facts.map(\.0.count).max() ?? 0
    var lines = ["\(sentence)", ""]
    lines += facts.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value
    }
    return lines.joined(separator: "\n") + "\n"
  }

  public var html: String {
    let rows = facts.map { name, value in
      let shown = RunMessage.escaped(value)
      let cell = value == link ? "<a href=\"\(shown)\">\(shown)</a>" : shown
      return "<tr><th align=\"left\">\(RunMessage.escaped(name))</th><td>\(cell)</td></tr>"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><body style="font-family: sans-serif">
      <p><strong>\(RunMessage.escaped(sentence))</strong></p>
      <table cellpadding="4">
      \(rows.joined(separator: "\n"))
      </table>
      </body></html>

      """
  }

  private var sentence: String {
    switch occasion {
    case .finished: "Workflow \(end.namespace)/\(end.workflow) \(word)."
    case .failed: "Workflow \(end.namespace)/\(end.workflow) \(word)."
    case .recovered: "Workflow \(end.namespace)/\(end.workflow) succeeds again."
    case .test: "This is a test. Nothing has happened to any run."
    }
  }

  private var facts: [(String, String)] {
    var facts = [
      ("Run", end.run.text), ("Outcome", end.outcome.rawValue), ("Version", end.version.text),
      ("Started", end.startedAt.text), ("Ended", end.endedAt.text),
    ]
    if !end.reasonMessage.isEmpty { facts.append(("Why", RunMessage.oneLine(end.reasonMessage))) }
    for (name, value) in end.labels {
      facts.append(("Label \(name)", RunMessage.oneLine(value)))
    }
    if let link { facts.append(("Link", link)) }
    return facts
  }

  private var word: String {
    if occasion == .test { return "test message" }
    if occasion == .recovered { return "recovered" }
    switch end.outcome {
    case .succeeded: return "succeeded"
    case .failed: return "failed"
    case .cancelled: return "was cancelled"
    case .timedOut: return "timed out"
    }
  }

  private var glyph: String {
    if occasion == .test { return "•" }
    switch end.outcome {
    case .succeeded: return "✓"
    case .failed, .timedOut: return "✗"
    case .cancelled: return "⊗"
    }
  }

  /// What tasks and authors wrote, without control characters.
  static func oneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(2_000) {
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      result.unicodeScalars.append(isControl ? " " : scalar)
    }
    return result
  }

  /// Safe between tags and within quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
