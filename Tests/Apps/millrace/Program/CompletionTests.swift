import Foundation
import Testing

@testable import millrace

/// Completion scripts, loaded and asked by the shells that they are for.
@Suite struct CompletionTests {
  private func script(_ shell: String) async throws -> (Folder, String) {
    let ending = try await Command(arguments: ["completion", shell]).run()
    #expect(ending.code == 0)
    let folder = try Folder()
    return (folder, try folder.write("script", ending.out))
  }

  private func ask(_ program: String, _ text: String, _ folder: Folder) async throws -> String {
    let variables = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "TERM": "dumb"]
    let child = try await Child.start([program, "-c", text], variables, in: folder.path, folder)
    let code = await child.ended()
    #expect(code == 0, "\(folder.read("err"))")
    #expect(folder.read("err") == "")
    return folder.read("out").split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func `bash completes verbs, options, forms and nothing it does not know`() async throws {
    let (folder, script) = try await script("bash")
    func complete(_ words: String...) async throws -> String {
      let list = words.map { "'\($0)'" }.joined(separator: " ")
      let text =
        "source \(script); COMP_WORDS=(millrace \(list)); COMP_CWORD=\(words.count); _millrace; "
        + "echo \"${COMPREPLY[@]}\""
      return try await ask("/bin/bash", text, folder)
    }
    #expect(try await complete("wor") == "workflow")
    #expect(try await complete("run", "st") == "start")
    #expect(try await complete("workflow", "") == "apply list get versions stats delete")
    #expect(try await complete("run", "start", "hello", "--w") == "--watch --wait")
    #expect(try await complete("validate", "a.yaml", "--qu") == "--quiet")
    #expect(try await complete("dev", "--da") == "--data")
    #expect(try await complete("run", "list", "-o", "j") == "json jsonl")
    #expect(try await complete("completion", "") == "bash zsh fish")
    #expect(try await complete("auth", "to") == "token")
    #expect(try await complete("auth", "token", "") == "create list revoke")
    #expect(try await complete("auth", "token", "create", "--la") == "--label")
    #expect(try await complete("run", "zzz") == "")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/zsh"), "needs zsh"))
  func `zsh takes the script`() async throws {
    let (folder, script) = try await script("zsh")
    let text =
      "source \(script); print -- ${_comps[millrace]}; "
      + "emulate ksh; COMP_WORDS=(millrace run st); COMP_CWORD=2; _millrace; print -- $COMPREPLY"
    let answer = try await ask("/usr/bin/zsh", text, folder)
    #expect(answer.contains("_bash_complete"))
    #expect(answer.hasSuffix("start"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/fish"), "needs fish"))
  func `fish completes nouns, verbs and options, each in its place`() async throws {
    let (folder, script) = try await script("fish")
    func complete(_ line: String) async throws -> String {
      let text = "source \(script); complete -C '\(line)' | string replace -r '\\t.*' ''; true"
      return try await ask("/usr/bin/fish", text, folder)
    }
    #expect(try await complete("millrace wor") == "workflow")
    #expect(try await complete("millrace run st") == "start")
    #expect(try await complete("millrace run start hello --wat") == "--watch")
    #expect(try await complete("millrace workflow list --st") == "")
    #expect(try await complete("millrace run list --st") == "--state")
    #expect(try await complete("millrace auth token re") == "revoke")
  }
}
