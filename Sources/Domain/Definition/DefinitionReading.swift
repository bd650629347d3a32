/// What came of reading a definition.
public struct DefinitionReading: Hashable, Sendable {
  /// Nil when there is an error among the findings.
  public var definition: WorkflowDefinition?
  /// In the order of the file, warnings included, at most `findingsReportedMax`.
  public var findings: [Finding]
  /// How many there are, the unreported included.
  public var findingsCount: Int

  public init(definition: WorkflowDefinition?, findings: [Finding], findingsCount: Int) {
    self.definition = definition
    self.findings = findings
    self.findingsCount = findingsCount
  }
}

/// Reads and checks definitions: the one library behind the command line, the API and the editor.
///
/// The same events always give the same answer; nothing outside them is looked at.
public struct DefinitionReader: Sendable {
  public var limits: DefinitionLimits
  public var engine: EngineSupport

  public init(
    limits: DefinitionLimits = DefinitionLimits(), engine: EngineSupport = .current
  ) {
    self.limits = limits
    self.engine = engine
  }

  /// Reads what a `DocumentScanner` saw.
  public func read(_ events: [DocumentEvent]) -> DefinitionReading {
    let findings = FindingList(reportedMax: limits.findingsReportedMax)
    var builder = SourceNodeBuilder(limits: limits.document, findings: findings)
    let root = builder.build(events)
    return read(root, after: builder.findings)
  }

  /// Reads a definition that is a value already, as a stored normal form is. Its findings have
  /// pointers and no places.
  public func read(normalForm: Value) -> DefinitionReading {
    read(
      SourceNode(value: normalForm), after: FindingList(reportedMax: limits.findingsReportedMax))
  }

  /// Reads JSON, as strictly as `JSONNode` does. It means what the same text in YAML means; a
  /// string is never taken for anything else.
  public func read(json bytes: [UInt8]) -> DefinitionReading {
    do throws(Finding) {
      let root = try SourceNode(json: bytes, limits: limits.document)
      return read(root, after: FindingList(reportedMax: limits.findingsReportedMax))
    } catch {
      return DefinitionReading(definition: nil, findings: [error], findingsCount: 1)
    }
  }

  private func read(_ root: SourceNode?, after findings: FindingList) -> DefinitionReading {
    var parse = DefinitionParse(limits: limits, engine: engine, findings: findings)
    let definition = root.flatMap { parse.workflow(SourceCursor(root: $0)) }
    let found = parse.findings
    return DefinitionReading(
      definition: found.hasErrors ? nil : definition, findings: found.reported,
      findingsCount: found.count)
  }
}
