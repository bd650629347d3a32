/// What somebody searches for: a condition on runs, in the language of filters (docs/history.md).
public indirect enum SearchCondition: Hashable, Sendable {
  case all([SearchCondition])
  case any([SearchCondition])
  case not(SearchCondition)
  case test(SearchTest)
}

/// One comparison of a filter.
public enum SearchTest: Hashable, Sendable {
  /// A word that is one of these.
  case word(SearchField, [String])
  /// All of these words, in any order, whatever their case.
  case contains(SearchField, [String])
  case moment(SearchField, SearchOrder, Moment)
  case length(SearchField, SearchOrder, Duration)
}

public enum SearchOrder: String, Hashable, Sendable, CaseIterable {
  case less = "<"
  case notMore = "<="
  case more = ">"
  case notLess = ">="

  func holds<Quantity: Comparable>(_ left: Quantity, _ right: Quantity) -> Bool {
    switch self {
    case .less: left < right
    case .notMore: left <= right
    case .more: left > right
    case .notLess: left >= right
    }
  }
}

/// What a filter can ask about.
public enum SearchField: Hashable, Sendable {
  case state, workflow, version
  case label(String)
  /// Words of the reason of the run's state.
  case error
  /// Words of anything that is text: the workflow's name and the reason.
  case text
  case created, started, ended
  /// How long the run waited to start, and how long it took.
  case wait, took

  /// The names without those of labels.
  static let named: [(name: String, field: SearchField)] = [
    ("state", .state), ("workflow", .workflow), ("version", .version), ("error", .error),
    ("text", .text), ("created", .created), ("started", .started), ("ended", .ended),
    ("wait", .wait), ("took", .took),
  ]
}

/// A run as filters see it.
public struct SearchFacts: Hashable, Sendable {
  public var state: String
  public var workflow: String
  public var version: String
  public var labels: SortedMap<String, String>
  public var error: String
  public var createdAt: Moment
  public var startedAt: Moment?
  public var endedAt: Moment?

  public init(
    state: String, workflow: String, version: String, labels: SortedMap<String, String>,
    createdAt: Moment
  ) {
    self.state = state
    self.workflow = workflow
    self.version = version
    self.labels = labels
    self.createdAt = createdAt
    error = ""
  }

  /// How long the run waited to start.
  public var wait: Duration? { startedAt.map { $0 - createdAt } }

  /// How long it took from its start to its end.
  public var took: Duration? { startedAt.flatMap { start in endedAt.map { $0 - start } } }

  fileprivate func word(_ field: SearchField) -> String? {
    switch field {
    case .state: state
    case .workflow: workflow
    case .version: version
    case .label(let name): labels[name]
    case .error, .text, .created, .started, .ended, .wait, .took: nil
    }
  }

  fileprivate func moment(_ field: SearchField) -> Moment? {
    switch field {
    case .created: createdAt
    case .started: startedAt
    case .ended: endedAt
    case .state, .workflow, .version, .label, .error, .text, .wait, .took: nil
    }
  }

  fileprivate func length(_ field: SearchField) -> Duration? {
    switch field {
    case .wait: wait
    case .took: took
    case .state, .workflow, .version, .label, .error, .text, .created, .started, .ended: nil
    }
  }

  fileprivate func words(_ field: SearchField) -> [String] {
    field == .error ? SearchWords.of(error) : SearchWords.of(workflow + " " + error)
  }
}

/// Texts as searches see them: runs of letters and digits, in lower case.
public enum SearchWords {
  public static func of(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }
}

extension SearchCondition {
  /// Whether a run fits. What a run has not (an end, a label) fits no comparison.
  public func holds(for facts: SearchFacts) -> Bool {
    switch self {
    case .all(let parts): parts.allSatisfy { $0.holds(for: facts) }
    case .any(let parts): parts.contains { $0.holds(for: facts) }
    case .not(let part): !part.holds(for: facts)
    case .test(let test): test.holds(for: facts)
    }
  }

  /// The tests that each run that fits must pass: those that an index may serve.
  public var required: [SearchTest] {
    switch self {
    case .all(let parts): parts.flatMap(\.required)
    case .test(let test): [test]
    case .any, .not: []
    }
  }
}

extension SearchTest {
  fileprivate func holds(for facts: SearchFacts) -> Bool {
    switch self {
    case .word(let field, let choices):
      facts.word(field).map(choices.contains) ?? false
    case .contains(let field, let words):
      facts.words(field).containsAll(words)
    case .moment(let field, let order, let moment):
      facts.moment(field).map { order.holds($0, moment) } ?? false
    case .length(let field, let order, let length):
      facts.length(field).map { order.holds($0, length) } ?? false
    }
  }
}

extension [String] {
  fileprivate func containsAll(_ words: [String]) -> Bool { words.allSatisfy(contains) }
}
