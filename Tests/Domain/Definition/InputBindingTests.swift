import Domain
import Testing

@Suite struct InputBindingTests {
  private func workflow(_ inputs: SortedMap<String, InputDefinition>) -> WorkflowDefinition {
    WorkflowDefinition(
      namespace: .default, name: WorkflowName(unchecked: "build"), inputs: inputs)
  }

  private func findings(_ binding: InputBinding) -> [String] {
    guard case .refused(let findings) = binding else { return [] }
    return findings.map { "\($0.code) \($0.pointer)" }
  }

  @Test func `fills in defaults and keeps what was given`() throws {
    let workflow = workflow([
      "n": InputDefinition(type: .integer, fallback: .integer(1)),
      "ref": InputDefinition(type: .string, pattern: try Pattern("[0-9a-f]+")),
      "none": InputDefinition(type: .any, fallback: .null),
    ])
    #expect(
      workflow.bind(["ref": .string("c0ffee")])
        == .bound(["n": .integer(1), "none": .null, "ref": .string("c0ffee")]))
    #expect(
      workflow.bind(["ref": .string("1"), "n": .integer(7)])
        == .bound(["n": .integer(7), "none": .null, "ref": .string("1")]))
  }

  @Test func `reports every fault with the place of its input`() throws {
    let workflow = workflow([
      "a": InputDefinition(type: .integer),
      "b": InputDefinition(type: .string, pattern: try Pattern("[0-9a-f]+")),
      "c": InputDefinition(type: .string, choices: [.string("x"), .string("y")]),
      "d": InputDefinition(type: .array(of: .string)),
      "e": InputDefinition(type: .string),
    ])
    let binding = workflow.bind([
      "a": .string("1"), "b": .string("xyz"), "c": .string("z"),
      "d": .array([.string("x"), .integer(1)]), "f/g": .null,
    ])
    #expect(
      findings(binding) == [
        "type-mismatch /a", "pattern-mismatch /b", "not-a-choice /c", "type-mismatch /d",
        "missing-input /e", "unknown-input /f~1g",
      ])
  }

  @Test func `an unknown input is told what was meant`() {
    let workflow = workflow(["region": InputDefinition(type: .string, fallback: .string(""))])
    guard case .refused(let findings) = workflow.bind(["regoin": .string("eu")]) else {
      Issue.record("it was bound")
      return
    }
    #expect(findings.first?.hint == "did you mean 'region'?")
  }

  @Test func `takes 64 KiB of inputs and not one byte more`() {
    let workflow = workflow(["a": InputDefinition(type: .string)])
    let frame = Value.object(["a": .string("")]).weight
    let full = String(repeating: "x", count: 65_536 - frame)
    #expect(workflow.bind(["a": .string(full)]) == .bound(["a": .string(full)]))
    #expect(findings(workflow.bind(["a": .string(full + "x")])) == ["inputs-too-large "])
  }

  @Test func `a text on the command line becomes a value of the input's type`() {
    #expect(InputDefinition(type: .string).value(of: "007") == .string("007"))
    #expect(InputDefinition(type: .integer).value(of: "7") == .integer(7))
    #expect(InputDefinition(type: .integer).value(of: "x") == nil)
    #expect(InputDefinition(type: .boolean).value(of: "yes") == nil)
    #expect(InputDefinition(type: .array(of: .any)).value(of: "[1]") == .array([.integer(1)]))
    #expect(InputDefinition(type: .any).value(of: "plain") == .string("plain"))
  }
}
