import Domain
import Testing
import YAMLAdapter

@Suite struct DefinitionRoundTripTests {
  /// Goal: normal form and text lose nothing, whatever texts a definition holds.
  /// Method: 400 generated definitions; each is read back from its normal form, from the JSON of
  /// that, and from its YAML text, and formatting the formatted text changes nothing.
  @Test func `normal form and text read back as the same definition`() throws {
    var noise = DefinitionNoise(seed: 42)
    let reader = DefinitionReader(engine: .model)
    for round in 0..<400 {
      let form = noise.definition()
      let reading = reader.read(normalForm: form)
      let definition = try #require(
        reading.definition, "round \(round): \(reading.findings) of \(form.json)")

      let again = reader.read(normalForm: definition.normalForm)
      try #require(again.definition == definition, "round \(round): \(definition.normalForm.json)")
      #expect(again.definition?.normalForm == definition.normalForm)
      let limits = JSONLimits(depthMax: 40, membersMax: 1_000)
      #expect(try Value(json: definition.normalForm.json, limits: limits) == definition.normalForm)
      let sent = reader.read(json: Array(definition.normalForm.json.utf8))
      try #require(sent.definition == definition, "round \(round): \(sent.findings)")

      let text = DefinitionText.yaml(of: definition)
      let formatted = read(text)
      try #require(
        formatted.definition == definition, "round \(round): \(formatted.findings)\n\(text)")
      #expect(DefinitionText.yaml(of: definition) == text)
    }
  }

  @Test func `the order of a file and its shorthands do not matter`() throws {
    let long = try #require(
      read(
        """
        tasks:
          b: {timeout: {attempt: 5m}, needs: {a: success}, run: [echo, "x y"]}
          a: {interpreter: [sh, -eu], script: "true"}
        inputs: {n: {type: integer}}
        namespace: default
        id: x
        version: 1
        """
      ).definition)
    let short = try #require(
      read(
        """
        id: x
        inputs: {n: integer}
        tasks:
          a: {script: "true"}
          b: {run: echo "x y", needs: [a], timeout: 5m}
        """
      ).definition)
    #expect(long == short)
    #expect(long.normalForm == short.normalForm)
  }

  /// JSON is a part of YAML, surrogate pairs apart: both readers say the same about it.
  @Test(arguments: [
    "{\n \"id\": \"x\",\n \"taks\": {}\n}",
    #"{"id":"x","tasks":{"a":{"run":["echo","ab ${{ inputs.nope }}"],"poool":1}}}"#,
    #"{"id":"X","tasks":{"a":{"run":[],"retry":{"attempts":"3"}},"b":{"run":"a","needs":["c"]}}}"#,
    "{\"id\":\"x\",\"tasks\":{\"ä\":{},\n\t\"b\":{\"run\":[\"a\",1,null,true,1.10,-0]}}}",
    #"{"id":"x","tasks":{"a":{"call":"f","with":{"n":1e3,"t":"1e3","l":[1.5,{}],"z":null}}}}"#,
    "[]", "1", "\"a\"", "{}",
    #"{"id":"x","tasks":{"a":{"script":"a\n\tb\n","interpreter":["sh"]}}}"#,
  ])
  func `JSON means what the same text means as YAML`(text: String) throws {
    let json = DefinitionReader(engine: .model).read(json: Array(text.utf8))
    let yaml = read(text)
    #expect(json == yaml)
  }

  @Test func `a changed word changes the normal form`() throws {
    let one = try #require(read("id: x\ntasks: {a: {run: make}}").definition)
    let other = try #require(read("id: x\ntasks: {a: {run: make all}}").definition)
    #expect(one.normalForm != other.normalForm)
  }
}
