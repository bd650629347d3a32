internal import Domain
internal import SimulationWorld
internal import YAMLAdapter

/// Somebody's own workflow, with what its file and the command line say of its tasks.
enum WorkflowFile {
  private static let mark = "# sim:"

  /// - Parameter hints: of the command line; they count more than those of the file.
  static func load(_ path: String, hints: [String], runs: Int) throws(Refusal) -> UserWorkflow {
    let bytes = try Files.read(path)
    let definition = try read(path, bytes)
    guard definition.namespace.text == "default" else {
      throw Refusal(
        "\(path) belongs to the namespace \(definition.namespace)",
        fix: "the simulator has the namespace default only; take the key out for this")
    }
    var user = UserWorkflow(definition.normalForm)
    user.runs = runs
    let names = (definition.tasks + definition.finally).map(\.name.text)
    for line in written(in: bytes) + hints {
      let (task, hint) = try read(line, in: path)
      guard names.contains(task) else {
        let near = NearestMatch.of(task, among: names)
        throw Refusal(
          "\(path) has no task `\(task)`",
          fix: near.map { "did you mean `\($0)`?" }
            ?? "its tasks are \(names.joined(separator: ", "))")
      }
      user.hints[task] = hint
    }
    return user
  }

  private static func read(
    _ path: String, _ bytes: [UInt8]
  ) throws(Refusal) -> WorkflowDefinition {
    let reading: DefinitionReading
    if path.hasSuffix(".json") {
      reading = DefinitionReader().read(json: bytes)
    } else {
      do throws(Finding) {
        reading = DefinitionReader().read(try LibYAMLScanner().scan(bytes))
      } catch {
        throw Refusal("\(path):\(error)", fix: error.hint, code: .invalid)
      }
    }
    guard let definition = reading.definition else {
      let lines = reading.findings.map { "\(path):\($0)" }.joined(separator: "\n")
      throw Refusal(
        "\(path) is not valid:\n\(lines)", fix: "millrace validate \(path)", code: .invalid)
    }
    return definition
  }

  private static func read(
    _ line: String, in path: String
  ) throws(Refusal) -> (task: String, hint: TaskHint) {
    do throws(HintError) {
      return try TaskHint.read(line)
    } catch {
      throw Refusal("a hint for \(path) is wrong: \(error.message)", fix: error.hint)
    }
  }

  /// Lines of comments that begin with `# sim:`.
  private static func written(in bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let text = line.drop { $0 == " " }
      return text.hasPrefix(mark) ? String(text.dropFirst(mark.count).drop { $0 == " " }) : nil
    }
  }
}
