/// The keys that a map of a definition may have.
struct KeyTable {
  /// What the map is, for messages: `a task`.
  var noun: String
  var keys: [String]
  /// Words of other systems, and what the same thing is called here.
  var synonyms: [(word: String, key: String)] = []

  /// How to mend the unknown key `word`; `isSearching` looks for a key that is like it.
  func hint(for word: String, isSearching: Bool) -> String {
    if word == "<<" { return "put what tasks have in common under 'defaults:' of the workflow" }
    if let synonym = synonyms.first(where: { $0.word.lowercased() == word.lowercased() }) {
      return "write '\(synonym.key)'"
    }
    if let near = isSearching ? NearestMatch.of(word, among: keys) : nil {
      return "did you mean '\(near)'?"
    }
    return "the keys of \(noun) are \(keys.joined(separator: ", "))"
  }
}

extension KeyTable {
  static let workflow = KeyTable(
    noun: "a workflow",
    keys: [
      "version", "id", "namespace", "description", "labels", "inputs", "secrets", "concurrency",
      "priority", "timeout", "defaults", "tasks", "finally", "on", "notify",
    ],
    synonyms: [
      ("name", "id"), ("jobs", "tasks"), ("steps", "tasks"), ("params", "inputs"),
      ("parameters", "inputs"), ("arguments", "inputs"), ("variables", "inputs"),
      ("onExit", "finally"), ("always", "finally"), ("triggers", "on"), ("schedule", "on"),
      ("notifications", "notify"), ("tags", "labels"), ("env", "defaults"),
    ])

  static let task = KeyTable(
    noun: "a task",
    keys: [
      "needs", "if", "forEach", "maxParallel", "run", "script", "interpreter", "http", "call",
      "with", "container", "env", "pool", "timeout", "retry", "outputs", "artifacts", "files",
      "cache",
      "approval",
    ],
    synonyms: [
      ("dependsOn", "needs"), ("depends_on", "needs"), ("after", "needs"),
      ("dependencies", "needs"),
      ("requires", "needs"), ("when", "if"), ("condition", "if"), ("withItems", "forEach"),
      ("with_items", "forEach"), ("matrix", "forEach"), ("strategy", "forEach"),
      ("loop", "forEach"),
      ("command", "run"), ("cmd", "run"), ("shell", "script"), ("environment", "env"),
      ("runsOn", "pool"), ("runs-on", "pool"), ("queue", "pool"), ("agents", "pool"),
      ("timeout-minutes", "timeout"), ("timeoutMinutes", "timeout"), ("args", "with"),
      ("arguments", "with"), ("function", "call"), ("uses", "call"),
      ("image", "container"), ("docker", "container"),
    ])

  static let defaults = KeyTable(
    noun: "'defaults'", keys: ["retry", "timeout", "pool", "env"],
    synonyms: [("environment", "env")])

  static let input = KeyTable(
    noun: "an input",
    keys: ["type", "items", "properties", "default", "pattern", "choices", "description"],
    synonyms: [
      ("enum", "choices"), ("options", "choices"), ("values", "choices"), ("regex", "pattern"),
      ("fallback", "default"), ("value", "default"), ("title", "description"),
    ])

  static let type = KeyTable(noun: "a type", keys: ["type", "items", "properties"])

  static let timeLimits = KeyTable(
    noun: "'timeout'", keys: ["queue", "attempt", "total", "heartbeat", "grace"],
    synonyms: [("idle", "heartbeat"), ("run", "attempt")])

  static let retry = KeyTable(
    noun: "'retry'", keys: ["attempts", "backoff", "rules"],
    synonyms: [
      ("limit", "attempts"), ("count", "attempts"), ("max", "attempts"),
      ("maxAttempts", "attempts"), ("times", "attempts"), ("delay", "backoff"),
      ("interval", "backoff"), ("wait", "backoff"),
    ])

  static let backoff = KeyTable(
    noun: "'backoff'", keys: ["initial", "factor", "max", "jitter"],
    synonyms: [
      ("duration", "initial"), ("delay", "initial"), ("multiplier", "factor"), ("cap", "max"),
      ("maxDuration", "max"),
    ])

  static let retryRule = KeyTable(
    noun: "a retry rule", keys: ["on", "exit", "attempts"],
    synonyms: [("exitCode", "exit"), ("exit_status", "exit"), ("limit", "attempts")])

  static let http = KeyTable(
    noun: "'http'", keys: ["method", "url", "headers", "body", "expect"],
    synonyms: [
      ("uri", "url"), ("verb", "method"), ("header", "headers"), ("json", "body"),
      ("data", "body"), ("status", "expect"), ("successCodes", "expect"),
    ])

  static let container = KeyTable(
    noun: "'container'", keys: ["image", "network", "memoryMiB", "cpus", "processes"],
    synonyms: [
      ("name", "image"), ("memory", "memoryMiB"), ("mem_limit", "memoryMiB"), ("cpu", "cpus"),
      ("pids", "processes"), ("pids_limit", "processes"), ("network_mode", "network"),
    ])

  static let artifact = KeyTable(
    noun: "an artifact", keys: ["path", "name", "when"], synonyms: [("paths", "path")])

  static let file = KeyTable(
    noun: "a file", keys: ["artifact", "input", "to"],
    synonyms: [("from", "artifact"), ("name", "artifact"), ("path", "to"), ("target", "to")])

  static let concurrency = KeyTable(
    noun: "'concurrency'", keys: ["key", "limit", "onLimit"],
    synonyms: [("group", "key"), ("max", "limit")])

  static let notify = KeyTable(
    noun: "a notification", keys: ["when", "email", "webhook"],
    synonyms: [("on", "when"), ("to", "email"), ("url", "webhook")])
}
