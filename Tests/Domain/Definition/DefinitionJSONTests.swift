import Domain
import TestSupport
import Testing

@Suite struct DefinitionJSONTests {
  private func read(
    _ text: String, limits: DefinitionLimits = DefinitionLimits()
  ) -> DefinitionReading {
    DefinitionReader(limits: limits, engine: .model).read(json: Array(text.utf8))
  }

  private func places(_ text: String) -> [String] {
    read(text).findings.map { "\($0.code) \($0.position.line):\($0.position.column)" }
  }

  private func arguments(_ reading: DefinitionReading) -> [String] {
    guard case .run(let argv)? = reading.definition?.tasks.first?.work else { return [] }
    return argv.map(\.source)
  }

  @Test func `escapes of JSON mean what they mean in JSON`() {
    let reading = read(
      #"{"id":"x","tasks":{"a":{"run":["\ud83d\ude00","\u00e9\/","a\tb","\u0041"]}}}"#)
    #expect(reading.findings == [])
    #expect(arguments(reading) == ["😀", "é/", "a\tb", "A"])
  }

  @Test func `a normal form is a definition`() {
    for definition in [
      WorkflowDefinition.sample(), .chain(20), .fanOut(20),
      .sample(tasks: [.sample("a")], finally: [.sample("b")]),
    ] {
      let text = definition.normalForm.json
      #expect(read(text).definition == definition, "\(text)")
    }
  }

  @Test(arguments: [
    ("{\n \"id\": \"x\",\n \"taks\": {}\n}", ["missing-key 1:1", "unknown-key 3:2"]),
    (
      "{\"id\":\"x\",\n\"tasks\":{\"ä😀\":{}, \"a\":{\"run\":[\"true\"],\n\t\"poool\":\"x\"}}}",
      ["invalid-name 2:10", "unknown-key 3:2"]
    ),
    (
      #"{"id":"x","tasks":{"a":{"run":["echo","ab ${{ inputs.nope }}"]}}}"#,
      ["unknown-input 1:54"]
    ),
    (
      #"{"id":"x","tasks":{"a":{"run":["echo","\u0061b ${{ inputs.nope }}"]}}}"#,
      ["unknown-input 1:39"]
    ),
  ])
  func `findings say where in the text`(text: String, expected: [String]) {
    #expect(places(text) == expected)
  }

  @Test(arguments: [
    (#"{"id":"x",\#n "id":"y"}"#, "duplicate-key 2:2"),
    (#"{"id":"\ud83d"}"#, "json-syntax 1:8"),
    (#"{"id":"a\u0000b"}"#, "invalid-text 1:9"),
    ("{'id':'x'}", "json-syntax 1:2"), ("id: x\n", "json-syntax 1:1"), ("", "json-syntax 1:1"),
    ("{\"id\":\"x\",}", "json-syntax 1:11"), ("{\"id\":\"x\"} # no", "json-syntax 1:12"),
    ("\u{feff}{}", "json-syntax 1:1"), ("{\"id\":01}", "json-syntax 1:7"),
    ("{\"id\":1e400}", "json-syntax 1:7"), ("{\"id\":\"a\nb\"}", "json-syntax 1:9"),
    (String(repeating: "[", count: 33), "json-too-deep 1:33"),
  ])
  func `what is no strict JSON is refused where it breaks`(text: String, expected: String) {
    #expect(places(text) == [expected])
  }

  @Test func `bytes that are no text are refused`() {
    let reading = DefinitionReader().read(json: [0x7b, 0xff])
    #expect(reading.findings.map(\.code) == ["invalid-utf8"])
  }

  @Test func `a number stays as it is written where a text is wanted`() {
    let reading = read(
      #"{"id":"x","tasks":{"a":{"run":["true"],"env":{"A":1.10,"B":"1.10","C":-0e0,"D":7}}}}"#)
    #expect(
      reading.definition?.tasks.first?.environment.mapValues(\.source)
        == ["A": "1.10", "B": "1.10", "C": "-0e0", "D": "7"])
  }

  @Test func `a string is never taken for a number or a boolean`() {
    #expect(
      places(#"{"id":"x","tasks":{"a":{"run":["true"],"retry":{"attempts":"3"}}}}"#).count == 1)
    let inputs = #""inputs":{"a":{"type":"string","default":"true"}}"#
    let reading = read(#"{"id":"x",\#(inputs),"tasks":{"a":{"run":["true"]}}}"#)
    #expect(reading.definition?.inputs["a"]?.fallback == .string("true"))
  }

  @Test func `limits of the document hold exactly`() {
    let text = #"{"id":"x","tasks":{"a":{"run":["true"]}}}"#
    // The objects and arrays, and the three scalars.
    let valuesCount = 6
    var limits = DefinitionLimits()
    limits.document = DocumentLimits(bytesMax: text.utf8.count, eventsMax: valuesCount)
    #expect(read(text, limits: limits).findings == [])
    limits.document.bytesMax -= 1
    #expect(read(text, limits: limits).findings.map(\.code) == ["document-too-large"])
    limits.document.bytesMax += 1
    limits.document.eventsMax -= 1
    #expect(read(text, limits: limits).findings.map(\.code) == ["document-too-large"])
  }
}
