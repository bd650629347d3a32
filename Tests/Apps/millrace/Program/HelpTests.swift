import Foundation
import Testing

@testable import millrace

@Suite struct HelpTests {
  @Test func `the help of the program and of every verb is what was reviewed`() async throws {
    var text = try await Command(arguments: ["help"]).run().out
    for verb in Program.verbs {
      let ending = try await Command(arguments: ["help"] + verb.words).run()
      #expect(ending.code == 0)
      #expect(ending.err == "")
      text += "\n$ millrace help \(verb.name)\n" + ending.out
    }
    try Golden.expect(text, is: "help.txt")
  }

  @Test(arguments: Program.verbs.map(\.words))
  func `a verb's option --help says the same`(_ words: [String]) async throws {
    let asked = try await Command(arguments: words + ["--help"]).run()
    #expect(asked.code == 0)
    #expect(asked.out == (try await Command(arguments: ["help"] + words).run().out))
  }

  /// Goal: an option means one thing: none of a verb's own has the name of one that all have.
  @Test(arguments: Program.verbs)
  func `no option of a verb has two meanings`(_ verb: Verb) {
    let options = verb.options + Verb.common
    #expect(Set(options.map(\.name)).count == options.count, "\(verb.name)")
    let short = options.compactMap(\.short)
    #expect(Set(short).count == short.count, "\(verb.name)")
  }

  /// Goal: what is wrong, and the way out, for every kind of wrong word.
  @Test func `wrong words get the error that was reviewed, with the nearest match`() async throws {
    let calls = [
      "", "hlep", "verison", "wrokflow list", "run", "run strt", "task", "tsak logs", "run list x",
      "run start", "run list --stat failed", "run start hello --wtch", "run start hello -x",
      "run list -o foo", "run list --label x", "run list --limit 0", "run list --limit many",
      "run list --limit", "run list --url=", "run list --url foo", "run list -q --url https://a",
      "--output json run list", "-o json run list", "help nothing", "help run strt", "help run",
      "completion csh", "dev --port 99999", "dev --slots 0", "dev --log loud", "dev --data=",
      "run watch @last --timeout 3x", "run start hello --timeout 3s",
      "run list --limit 1 --limit 2",
      "workflow get a/b/c", "init Foo", "validate", "graph x --form png --quiet=yes",
    ]
    var text = ""
    for call in calls {
      let ending = try await Command(
        arguments: call.split(separator: " ").map(String.init),
        environment: ["MILLRACE_URL": "http://127.0.0.1:9"]
      ).run()
      #expect(ending.code != 0 || call == "help run", "\(call)")
      let answer = call.isEmpty ? "(the help)\n" : ending.out + ending.err
      text += "$ millrace \(call)\n\(answer)-> \(ending.code)\n"
    }
    try Golden.expect(text, is: "usage.txt")
  }

  @Test func `errors are documents when documents are asked for`() async throws {
    for arguments in [["run", "list", "-o", "json"], ["run", "list", "-o", "jsonl"]] {
      let ending = try await Command(
        arguments: arguments, environment: ["MILLRACE_URL": "http://127.0.0.1:9"]
      ).run()
      #expect(ending.code == 69)
      #expect(ending.out == "")
      #expect(ending.err.hasPrefix("{\"error\":\"http://127.0.0.1:9 cannot be reached"))
      #expect(ending.err.contains("\"exitCode\":69"))
      #expect(ending.err.contains("\"hint\":"))
    }
  }
}
