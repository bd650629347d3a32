internal import Synchronization

/// A statement that is planned once on every connection.
struct PreparedText: Sendable {
  private static let next = Atomic<Int>(1)

  /// The same in no two of them.
  let id: Int
  let sql: String

  init(_ sql: String) {
    id = PreparedText.next.wrappingAdd(1, ordering: .relaxed).oldValue
    self.sql = sql
  }

  var name: String { "p\(id)" }
}

/// A statement with its values. The calls of one exchange are one transaction.
struct ServerCall: Sendable {
  var text: PreparedText
  var parameters: [Parameter]

  init(_ text: PreparedText, _ parameters: [Parameter] = []) {
    self.text = text
    self.parameters = parameters
  }
}
