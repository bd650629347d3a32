/// One request as it goes out.
struct TransferRequest: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
  }

  var method: Method
  /// Encoded, with its query.
  var url: String
  var fields: [(name: String, value: String)]
  var body: [UInt8] = []
  /// Bytes of a body that is an answer as asked for; others have the limit of documents.
  var answerBytesMax: Int
}

/// One whole answer.
struct TransferAnswer: Sendable {
  var status: Int
  /// Names in lower case, in the order in which they came.
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// The value of the first field of that name.
  func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Why a request has no answer.
enum TransferFailure: Error, Hashable, Sendable {
  /// It cannot have been carried out.
  case unsent(String)
  /// It may have been carried out.
  case lost(String)
  /// The answer has more bytes than was allowed; how many it was going to have, if it said so.
  case tooLarge(Int64?)
  /// The caller's task was cancelled.
  case cancelled
  case closed
}

/// One request on its way, and whoever waits for it. Confined to the loop; other threads only carry
/// it there.
final class TransferExchange: @unchecked Sendable {
  typealias Outcome = Result<TransferAnswer, TransferFailure>

  let request: TransferRequest
  private var waiter: CheckedContinuation<Outcome, Never>?
  private(set) var isCancelled = false

  init(_ request: TransferRequest) { self.request = request }

  func wait(_ waiter: CheckedContinuation<Outcome, Never>) { self.waiter = waiter }

  /// The first end counts.
  func end(_ outcome: Outcome) {
    waiter?.resume(returning: outcome)
    waiter = nil
  }

  func cancel() {
    isCancelled = true
    end(.failure(.cancelled))
  }
}
