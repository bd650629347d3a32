// How the work of a task is read: a program, a script, a call over HTTP or into the worker.

extension DefinitionParse {
  private static let workKeys = ["run", "script", "http", "call"]

  mutating func work(_ task: SourceCursor, in scope: ExpressionScope) -> TaskWork? {
    let present = DefinitionParse.workKeys.filter { task[$0] != nil }
    guard let kind = present.first, let work = task[kind] else {
      report(
        Fault(
          "missing-work", "the task \(task.name) does nothing",
          hint: "give it one of run, script, http, call"),
        at: task.ownerPosition, of: task)
      return nil
    }
    for key in present.dropFirst() {
      if let other = task[key] { conflict(other, with: kind, hint: "make it two tasks") }
    }
    if let interpreter = task["interpreter"], kind != "script" {
      conflict(interpreter, with: kind, hint: "only 'script' has an interpreter")
    }
    if let arguments = task["with"], kind != "call" {
      conflict(arguments, with: kind, hint: "only 'call' has arguments; a program takes 'env'")
    }
    switch kind {
    case "run": return run(work, in: scope)
    case "script": return script(work, interpreter: task["interpreter"])
    case "http": return http(work, in: scope)
    default: return call(work, with: task["with"], in: scope)
    }
  }

  private mutating func run(_ cursor: SourceCursor, in scope: ExpressionScope) -> TaskWork? {
    guard cursor.items == nil else {
      let items = list(cursor, of: "arguments", max: limits.argumentsMax)
      let argv = items.compactMap { template($0, in: scope, bytesMax: limits.argumentBytesMax) }
      return argv.count == items.count ? program(argv, cursor) : nil
    }
    guard let text = text(cursor, bytesMax: limits.scriptBytesMax),
      let words = words(text, cursor)
    else { return nil }
    let argv = words.compactMap { argument($0, in: scope, of: cursor) }
    warnAboutShell(words, cursor)
    return argv.count == words.count ? program(argv, cursor) : nil
  }

  private mutating func argument(
    _ word: WordSplitter.Word, in scope: ExpressionScope, of cursor: SourceCursor
  ) -> Template? {
    let count = word.text.utf8.count
    guard count <= limits.argumentBytesMax else {
      report(
        Fault(
          "too-long",
          "an argument has \(count) bytes; at most \(limits.argumentBytesMax) are allowed",
          hint: "shorten it, or bring long texts in through files"),
        at: cursor.position(ofScalar: word.start), of: cursor)
      return nil
    }
    return template(word.text, in: scope, of: cursor) { word.origin(of: $0) }
  }

  private mutating func program(_ argv: [Template], _ cursor: SourceCursor) -> TaskWork? {
    guard argv.count <= limits.argumentsMax else {
      report(
        Fault(
          "too-many",
          "\(cursor.name) has \(argv.count) arguments; at most "
            + "\(limits.argumentsMax) are allowed",
          hint: "pass a file instead"),
        at: cursor)
      return nil
    }
    guard let first = argv.first, !first.parts.isEmpty else {
      report(
        Fault(
          "empty-command", "\(cursor.name) names no program",
          hint: "write the program and its arguments, such as run: make test"),
        at: cursor)
      return nil
    }
    return .run(argv: argv)
  }

  private mutating func words(
    _ text: String, _ cursor: SourceCursor
  ) -> [WordSplitter.Word]? {
    do {
      return try WordSplitter.words(text)
    } catch {
      report(
        Fault("unclosed-quote", error.message, hint: error.hint),
        at: cursor.position(ofScalar: error.offset), of: cursor)
      return nil
    }
  }

  private static let shellWords = [
    "|", "||", "&&", "&", ";", ">", ">>", "<", "<<", "2>", "2>&1", "&>",
  ]

  /// A command with shell syntax runs and does something else than its author thinks.
  private mutating func warnAboutShell(_ words: [WordSplitter.Word], _ cursor: SourceCursor) {
    for word in words where word.isBare {
      let isShell =
        DefinitionParse.shellWords.contains(word.text) || word.text.hasSuffix(";")
        || isVariable(word.text) || word.text.hasPrefix("`")
      guard isShell else { continue }
      report(
        .warning(
          "shell-syntax",
          "'\(word.text.prefix(40))' is passed to the program as it is: "
            + "'run' starts no shell",
          hint: "use 'script' for shell syntax, or put the word in quotes if it is meant so"),
        at: cursor.position(ofScalar: word.start), of: cursor)
      return
    }
  }

  /// `$NAME`, `${NAME}` or `$(…)`, and not `${{`.
  private func isVariable(_ word: String) -> Bool {
    guard word.hasPrefix("$"), !word.hasPrefix("${{"),
      let next = word.unicodeScalars.dropFirst().first
    else { return false }
    return next == "{" || next == "(" || next == "_" || next.properties.isAlphabetic
  }

  private mutating func script(
    _ cursor: SourceCursor, interpreter: SourceCursor?
  ) -> TaskWork? {
    let command =
      interpreter.map { interpreterWords($0) } ?? TaskWork.defaultInterpreter
    guard let text = text(cursor, bytesMax: limits.scriptBytesMax) else { return nil }
    if let place = offset(of: "${{", in: text) {
      report(
        Fault(
          "expression-in-script", "expressions are not replaced in a script",
          hint: "pass the value through 'env' and use the variable: its text cannot break the "
            + "script"),
        at: cursor.position(ofScalar: place), of: cursor)
      return nil
    }
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      report(
        Fault("empty-command", "the script is empty", hint: "write at least one line"), at: cursor)
      return nil
    }
    return command.map { .script(text: text, interpreter: $0) }
  }

  private mutating func interpreterWords(_ cursor: SourceCursor) -> [String]? {
    let command: [String]
    if cursor.items != nil {
      let items = list(cursor, of: "arguments", max: limits.argumentsMax)
      command = items.compactMap { text($0, bytesMax: limits.argumentBytesMax) }
      guard command.count == items.count else { return nil }
    } else {
      guard let text = text(cursor, bytesMax: limits.argumentBytesMax),
        let words = words(text, cursor)
      else { return nil }
      command = words.map(\.text)
    }
    if let first = command.first, !first.isEmpty { return command }
    report(
      Fault("empty-command", "no interpreter is named", hint: "write it, such as bash -eu"),
      at: cursor)
    return nil
  }

  /// In Unicode scalars.
  private func offset(of needle: String, in text: String) -> Int? {
    let wanted = Array(needle.unicodeScalars)
    let scalars = Array(text.unicodeScalars)
    guard scalars.count >= wanted.count else { return nil }
    return (0...(scalars.count - wanted.count)).first { scalars[$0...].starts(with: wanted) }
  }

  private mutating func call(
    _ cursor: SourceCursor, with arguments: SourceCursor?, in scope: ExpressionScope
  ) -> TaskWork? {
    var given: [(String, ValueTemplate)] = []
    if let arguments {
      judgeWeight(arguments)
      for (key, value) in entries(arguments, of: "arguments", max: limits.argumentsMax) {
        if let template = valueTemplate(value, in: scope) { given.append((key, template)) }
      }
    }
    guard let function = text(cursor) else { return nil }
    let isName =
      !function.isEmpty && function.utf8.count <= Slug.lengthMax
      && function.split(separator: ".", omittingEmptySubsequences: false)
        .allSatisfy { Slug.isValid($0.lowercased()) }
    guard isName else {
      report(
        Fault(
          "invalid-name", "'\(function.prefix(80))' is no name for a function",
          hint: "words of letters, digits, - and _, joined by dots"),
        at: cursor)
      return nil
    }
    return .call(function: function, arguments: SortedMap(given))
  }
}

extension TaskWork {
  /// Stops at the first command that fails and at the first unknown variable.
  static let defaultInterpreter = ["sh", "-eu"]
}
