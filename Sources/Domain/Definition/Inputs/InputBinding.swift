/// What came of passing values to the inputs of a workflow.
public enum InputBinding: Hashable, Sendable {
  /// A value for every input, defaults filled in; an input that is optional has one too.
  case bound(SortedMap<String, Value>)
  /// Not empty; each points to the input it is about.
  case refused([Finding])
}

extension WorkflowDefinition {
  /// Checks the values for a run: names, types, patterns, choices, and their size together.
  public func bind(
    _ given: SortedMap<String, Value>, limits: DefinitionLimits = DefinitionLimits()
  ) -> InputBinding {
    var findings = FindingList(reportedMax: limits.findingsReportedMax)
    for (name, value) in given {
      let pointer = "/" + SourcePath.escaped(name)
      if let input = inputs[name] {
        if let fault = input.fault(of: value) {
          var named = fault
          named.message = "the input '\(name)': \(fault.message)"
          findings.add(Finding(named, at: pointer))
        }
      } else {
        findings.add(Finding(unknownInput(name), at: pointer))
      }
    }
    var bound: [(String, Value)] = []
    for (name, input) in inputs {
      if let value = given[name] ?? input.fallback {
        bound.append((name, value))
      } else {
        let fault = Fault(
          "missing-input", "the input '\(name)' has no value",
          hint: "pass a value of type \(input.type.text); it has no default")
        findings.add(Finding(fault, at: "/" + SourcePath.escaped(name)))
      }
    }
    let values = SortedMap(bound)
    if Value.object(values).weight(upTo: limits.inputsBytesMax) > limits.inputsBytesMax {
      let fault = Fault(
        "inputs-too-large", "the inputs are larger than \(limits.inputsBytesMax) bytes together",
        hint: "pass large values as files or by reference")
      findings.add(Finding(fault, at: ""))
    }
    return findings.hasErrors ? .refused(findings.reported) : .bound(values)
  }

  private func unknownInput(_ name: String) -> Fault {
    let hint: String
    if inputs.isEmpty {
      hint = "the workflow has no inputs"
    } else if let near = NearestMatch.of(name, among: inputs.keys) {
      hint = "did you mean '\(near)'?"
    } else {
      hint = "its inputs are \(inputs.keys.prefix(20).joined(separator: ", "))"
    }
    return Fault("unknown-input", "there is no input '\(name.prefix(80))'", hint: hint)
  }
}

extension Finding {
  fileprivate init(_ fault: Fault, at pointer: String) {
    self.init(
      code: fault.code, message: fault.message, hint: fault.hint, position: .start,
      pointer: pointer)
  }
}

extension InputDefinition {
  /// The value that `text` stands for on a command line: strings as they are, everything else as
  /// JSON; nil when it is none of this type.
  public func value(of text: String) -> Value? {
    if type == .string { return .string(text) }
    guard let value = try? Value(json: text) else { return type == .any ? .string(text) : nil }
    return type.accepts(value) ? value : nil
  }
}
