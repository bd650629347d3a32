internal import Domain
internal import Ports
internal import ServiceKit

/// A definition as its author sent it.
struct DefinitionSource: Sendable {
  enum Form: Hashable, Sendable {
    case yaml
    /// Read by the rules of JSON: YAML knows other escapes and is less strict.
    case json
  }

  var form: Form
  var bytes: [UInt8]

  static let mediaTypes = [
    "application/yaml", "application/x-yaml", "text/yaml", "application/json",
  ]

  init(_ form: Form, _ bytes: [UInt8]) {
    self.form = form
    self.bytes = bytes
  }

  init(mediaType: String, _ bytes: [UInt8]) {
    self.init(mediaType == "application/json" ? .json : .yaml, bytes)
  }

  /// As rows and answers name the form.
  var mediaType: String {
    switch form {
    case .yaml: "application/yaml"
    case .json: "application/json"
    }
  }

  /// What the source means, or everything that is wrong with it.
  func read(_ scanner: any DocumentScanner) throws(Problem) -> (WorkflowDefinition, [Finding]) {
    let reading: DefinitionReading
    switch form {
    case .json:
      reading = DefinitionReader().read(json: bytes)
    case .yaml:
      do throws(Finding) {
        reading = DefinitionReader().read(try scanner.scan(bytes))
      } catch {
        throw Problem(findings: [error], count: 1)
      }
    }
    guard let definition = reading.definition else {
      throw Problem(findings: reading.findings, count: reading.findingsCount)
    }
    return (definition, reading.findings)
  }
}

extension Problem {
  /// Everything that is wrong with a definition.
  init(findings: [Finding], count: Int) {
    let first = findings.first.map { ": \($0.message)" } ?? ""
    self.init(
      422, "invalid-definition",
      "the definition has \(count) finding\(count == 1 ? "" : "s")\(first)",
      items: findings.map(Item.init))
  }
}
