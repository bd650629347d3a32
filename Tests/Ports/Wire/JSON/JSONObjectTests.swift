import Domain
import TestSupport
import Testing
import Wire

@Suite struct JSONObjectTests {
  private enum Mode: String, CaseIterable {
    case fast, careful
  }

  private struct Start: Equatable {
    struct Retry: Equatable {
      var max: Int64
      var delay: String?
    }

    var workflow: String
    var limit: Int64?
    var isDryRun = false
    var mode: Mode?
    var inputs: SortedMap<String, Value> = [:]
    var labels: SortedMap<String, String> = [:]
    var pools: [String] = []
    var retry: Retry?
    var steps: [String] = []

    static func read(_ text: String) throws(JSONRefusal) -> Start {
      try JSONObject.read(Array(text.utf8)) { body in
        let workflow = body.string("workflow", bytesMax: 8)
        let limit = body.integer("limit", .optional, in: 1...200)
        let isDryRun = body.boolean("dryRun", .optional) ?? false
        let mode = body.word("mode", .optional, as: Mode.self)
        let inputs = body.values("inputs", .optional) ?? [:]
        let labels = body.texts("labels", .optional) ?? [:]
        let pools = body.strings("pools", .optional) ?? []
        let retry = body.object("retry", .optional) { retry -> Retry? in
          let max = retry.integer("max")
          let delay = retry.parsed("delay", .optional, wanted: "a length such as 30s") {
            $0.hasSuffix("s") ? $0 : nil
          }
          return max.map { Retry(max: $0, delay: delay) }
        }
        let steps = body.objects("steps", .optional) { $0.string("name") } ?? []
        return workflow.map {
          Start(
            workflow: $0, limit: limit, isDryRun: isDryRun, mode: mode, inputs: inputs,
            labels: labels, pools: pools, retry: retry, steps: steps)
        }
      }
    }
  }

  private func findings(_ text: String) -> [String] {
    do throws(JSONRefusal) {
      _ = try Start.read(text)
      return []
    } catch {
      return error.findings.map { finding in
        "\(finding.position.line):\(finding.position.column) \(finding.code) \(finding.pointer)"
      }
    }
  }

  @Test func `a request with everything is read`() throws {
    let start = try Start.read(
      """
      {"workflow": "w", "limit": 200, "dryRun": true, "mode": "careful",
       "inputs": {"a": 1.5, "b": null}, "labels": {"team": "x"}, "pools": ["p", "q"],
       "retry": {"max": 3, "delay": "5s"}, "steps": [{"name": "n"}, {"name": "m"}]}
      """)
    #expect(
      start
        == Start(
          workflow: "w", limit: 200, isDryRun: true, mode: .careful,
          inputs: ["a": .decimal(Decimal(scaled: 1_500_000_000)), "b": .null],
          labels: ["team": "x"], pools: ["p", "q"], retry: .init(max: 3, delay: "5s"),
          steps: ["n", "m"]))
  }

  @Test func `optional members may be absent or null`() throws {
    #expect(try Start.read(#"{"workflow":"w"}"#) == Start(workflow: "w"))
    let nulls =
      #"{"workflow":"w","limit":null,"dryRun":null,"mode":null,"inputs":null,"labels":null,"#
      + #""pools":null,"retry":null,"steps":null}"#
    #expect(try Start.read(nulls) == Start(workflow: "w"))
  }

  @Test func `everything that is wrong is told at once, in the order of the text`() {
    let text = """
      {"limit": 201, "dryRun": "yes", "mode": "fasst",
       "labels": {"a/b": 1, "c": "d"},
       "retry": {"delay": "5", "maxx": 3},
       "steps": [{"name": 1}, 2, {"nam": "x"}],
       "pools": ["p", null], "inputs": []}
      """
    #expect(
      findings(text) == [
        "1:1 missing /workflow", "1:11 out-of-range /limit", "1:26 wrong-type /dryRun",
        "1:41 unknown-word /mode", "2:20 wrong-type /labels/a~1b", "3:11 missing /retry/max",
        "3:21 not-understood /retry/delay", "3:26 unknown-member /retry/maxx",
        "4:21 wrong-type /steps/0/name", "4:25 wrong-type /steps/1",
        "4:28 missing /steps/2/name", "4:29 unknown-member /steps/2/nam",
        "5:17 wrong-type /pools/1", "5:34 wrong-type /inputs",
      ])
  }

  @Test func `a finding says what is wrong and how to mend it`() {
    func first(_ text: String) -> String? {
      do throws(JSONRefusal) {
        _ = try Start.read(text)
        return nil
      } catch {
        return error.findings.first.map { "\($0.message): \($0.hint)" }
      }
    }
    #expect(
      first(#"{"workflow":"w","limt":1}"#) == "'limt' is not known here: did you mean 'limit'?")
    #expect(
      first(#"{"workflow":"w","limit":1.0}"#)
        == "'limit' is a number with a point or an exponent: it must be a whole number")
    #expect(
      first(#"{"workflow":"w","limit":1.5}"#)
        == "'limit' is a number with a fraction: it must be a whole number")
    #expect(first(#"{"workflow":"w","limit":0}"#) == "'limit' is 0: from 1 to 200 is taken")
    #expect(
      first(#"{"workflow":"w","limit":"5"}"#) == "'limit' is a string: it must be a whole number")
    #expect(first(#"{"workflow":null}"#) == "'workflow' is null: it must be a string")
    #expect(first(#"{"workflow":"123456789"}"#) == "'workflow' has 9 bytes: at most 8 are taken")
    #expect(first(#"{"workflow":"w","mode":"fasst"}"#) == "'mode' is 'fasst': did you mean 'fast'?")
    #expect(
      first(#"{"workflow":"w","mode":"zzzzz"}"#) == "'mode' is 'zzzzz': known are 'fast', 'careful'"
    )
    #expect(first(#"[]"#) == "the body is an array: it must be an object")
  }

  @Test func `what is no JSON is malformed and not unfit`() {
    #expect(findings(#"{"workflow":"w","workflow":"w"}"#) == ["1:17 duplicate-name "])
    #expect(findings("{\n  \"workflow\": w}") == ["2:15 syntax /workflow"])
    do throws(JSONRefusal) {
      _ = try Start.read("{")
      Issue.record("it was taken")
    } catch {
      guard case .malformed = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `a caller's own findings stand at the member`() {
    let refusal = #expect(throws: JSONRefusal.self) {
      try JSONObject.read(Array(#"{"a": 1, "b": {"c": "x"}}"#.utf8)) { body in
        _ = body.integer("a")
        _ = body.object("b") { inner -> Bool? in
          _ = inner.string("c")
          inner.refuse("c", code: "taken", "'x' is taken", hint: "choose another")
          return true
        }
        return true
      }
    }
    #expect(
      refusal?.findings == [
        Finding(
          code: "taken", message: "'x' is taken", hint: "choose another",
          position: SourcePosition(line: 1, column: 21), pointer: "/b/c")
      ])
  }

  @Test func `a reader that gives up without a finding is refused, not trusted`() {
    let refusal = #expect(throws: JSONRefusal.self) {
      try JSONObject.read(Array("{}".utf8)) { _ -> Int? in nil }
    }
    #expect(refusal?.findings.map(\.code) == ["unusable"])
  }

  @Test func `an explicit null is told apart from absence where any value goes`() throws {
    let read = try JSONObject.read(Array(#"{"a":null}"#.utf8)) { body -> [Value?]? in
      [body.value("a"), body.value("b", .optional)]
    }
    #expect(read == [.null, nil])
  }

  @Test func `a hostile body has no more findings than the limit`() {
    let members = (0..<1_000).map { "\"x\($0)\":1" }.joined(separator: ",")
    let refusal = #expect(throws: JSONRefusal.self) {
      try JSONObject.read(Array("{\(members)}".utf8), findingsMax: 7) { _ in true }
    }
    #expect(refusal?.findings.count == 7)
  }

  @Test func `damaged requests are read or refused with places inside the text`() {
    let good = Array(
      (#"{"workflow":"w","limit":5,"labels":{"a":"b"},"retry":{"max":1,"delay":"5s"},"#
        + #""steps":[{"name":"n"}]}"#).utf8)
    var mutator = Mutator(seed: 11)
    var counts = [0, 0, 0]
    for _ in 0..<5_000 {
      let bytes = mutator.mutant(of: good, alphabet: Array("{}[]:,\"1e.null".utf8))
      do throws(JSONRefusal) {
        _ = try Start.read(String(decoding: bytes, as: UTF8.self))
        counts[0] += 1
      } catch {
        if case .malformed = error { counts[1] += 1 } else { counts[2] += 1 }
        #expect(!error.findings.isEmpty)
      }
    }
    #expect(counts.allSatisfy { $0 > 50 })
  }
}
