internal import Domain
internal import Ports
internal import ServiceKit

/// What was decided about a request: the rows that make it so, and the answer.
struct Decision: Sendable {
  var entries: [RecordBatch.Entry] = []
  /// The body of the answer; null for none.
  var body: Value = .null
  var status = 200
  var location = ""
  /// Shown in the answer and kept nowhere.
  var token: ShownToken?
  /// What is answered although the rows are written: they say why.
  var refusal: Problem?
  /// What has changed, for the audit. No secrets.
  var fields: SortedMap<String, String> = [:]

  /// A token in an answer, derived from its id whenever it is needed.
  struct ShownToken: Sendable {
    var kind: SecretToken.Kind
    var id: String
  }

  static let nothing = Decision(status: 204)

  static func created(_ body: Value, at location: String) -> Decision {
    Decision(body: body, status: 201, location: location)
  }
}
