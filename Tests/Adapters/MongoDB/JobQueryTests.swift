import Domain
import Ports
import Testing

@testable import MongoDBAdapter

@Suite struct JobQueryTests {
  private static let conditions = [
    "state = failed", "state IN (failed, running)", "NOT state = failed", "workflow = build",
    "version = v1", "label.team = core", "label.team = core AND workflow = build", "\"two words\"",
    "error = \"exit code\"", "error = oops AND workflow = build", "created > -24h",
    "started < 2026-01-01", "ended >= 2026-01-01", "wait > 5s", "took <= 1h",
    "(state = failed OR \"x\") AND NOT label.a = b",
  ]

  /// Every search is one exchange along an index that has all it is sorted by.
  @Test(arguments: conditions)
  func `a search is served by a declared index`(_ text: String) throws {
    let condition = try SearchParser.parse(
      text, now: Moment(microseconds: 0), states: ["failed", "running"])
    for filter in [
      JobFilter(namespace: .default),
      JobFilter(namespace: .default, workflow: WorkflowName(unchecked: "build"), state: "failed"),
      JobFilter(namespace: .default, labels: ["team": "core"]),
    ] {
      let query = JobQuery(filter.narrowed(by: condition), MongoDBConfiguration(uri: ""))
      let find = try query.find(limit: 10, after: nil)
      let index = try #require(find.index)
      #expect(MongoSchema.indexes.contains(index))
      #expect(index.collection == find.collection)
      // What the index begins with is compared for equality, and then comes the order.
      let sorted = try #require(find.sort).fields.map(\.name)
      let names = index.fields.map(\.name)
      #expect(Array(names.suffix(sorted.count)) == sorted)
      let parts = try #require(find.filter.documents("$and")).flatMap(\.fields).map(\.name)
      for name in names.dropLast(sorted.count) {
        #expect(
          parts.contains(name) || JobQueryTests.names(in: find.filter).contains(name),
          "\(index.name) begins with \(name), which the search does not ask for")
      }
    }
  }

  @Test func `labels are looked for before words, words before workflows, states last`() {
    let configuration = MongoDBConfiguration(uri: "")
    let named = WorkflowName(unchecked: "build")
    let word = SearchCondition.test(.contains(.text, ["x"]))
    let cases: [(JobFilter, MongoSchema.Index)] = [
      (JobFilter(namespace: .default), MongoSchema.jobsByNamespace),
      (JobFilter(namespace: .default, state: "failed"), MongoSchema.jobsByState),
      (JobFilter(namespace: .default, workflow: named, state: "f"), MongoSchema.jobsByWorkflow),
      (
        JobFilter(namespace: .default, workflow: named).narrowed(by: word), MongoSchema.jobsByWord
      ),
      (
        JobFilter(namespace: .default, labels: ["a": "b"]).narrowed(by: word),
        MongoSchema.jobsByLabel
      ),
      // What need not hold leads nowhere.
      (
        JobFilter(namespace: .default).narrowed(by: .any([word, .not(word)])),
        MongoSchema.jobsByNamespace
      ),
    ]
    for (filter, index) in cases { #expect(JobQuery(filter, configuration).index == index) }
  }

  @Test func `no pair of a label's name and value is that of another`() {
    let texts = ["", "a", "=", "a=", "=a", "1:a", ":", "a=b", "b", "11:", "1"]
    var seen: [String: [String]] = [:]
    for name in texts {
      for value in texts {
        let pair = JobQuery.pair(name, value)
        #expect(seen[pair] == nil, "\(name), \(value) and \(seen[pair] ?? [])")
        seen[pair] = [name, value]
      }
    }
  }

  private static func names(in document: BSONDocument) -> [String] {
    document.fields.flatMap { field in
      switch field.value {
      case .document(let inner): [field.name] + names(in: inner)
      case .array(let values):
        [field.name]
          + values.flatMap { value -> [String] in
            if case .document(let inner) = value { return names(in: inner) }
            return []
          }
      default: [field.name]
      }
    }
  }
}
