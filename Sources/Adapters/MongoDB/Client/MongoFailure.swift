internal import CMongoDB
internal import Ports

/// Why a call of the server has not done what it should.
enum MongoFailure: Error, Hashable, Sendable {
  /// Surely not carried out, for a reason that may pass.
  case unavailable(String)
  /// The connection was lost, or a majority has not answered in time.
  case outcomeUnknown(String)
  /// What was asked for is the reason.
  case refused(String)
  /// There is a document with this key.
  case duplicate

  /// Of a search, which is ours: what the server refuses in it is nobody's input.
  var ofReading: MongoFailure {
    if case .refused(let message) = self { return .unavailable(message) }
    return self
  }

  var message: String {
    switch self {
    case .unavailable(let message), .outcomeUnknown(let message), .refused(let message): message
    case .duplicate: "there is a document with this key"
    }
  }
}

extension MongoFailure {
  /// What the library says of a call.
  init(_ error: millrace_mongo_error) {
    let text = withUnsafePointer(to: error) { String(cString: millrace_mongo_message($0)) }
    let message = "\(text) (\(error.code))"
    switch error.kind {
    case MILLRACE_MONGO_SELECTION: self = .unavailable(message)
    case MILLRACE_MONGO_SERVER: self = MongoFailure(serverCode: Int64(error.code), message)
    case MILLRACE_MONGO_AUTHENTICATION:
      self = .unavailable(message + ": check the user and the password in --mongodb")
    case MILLRACE_MONGO_DOCUMENT: self = .refused(message)
    default: self = .outcomeUnknown(message)
    }
  }

  /// What the server says by its codes (src/mongo/base/error_codes.yml).
  init(serverCode code: Int64, _ message: String) {
    switch code {
    case 11000: self = .duplicate
    // BadValue, FailedToParse, DocumentValidationFailure, BSONObjectTooLarge, KeyTooLong.
    case 2, 9, 121, 10334, 17280: self = .refused(message)
    // HostUnreachable, HostNotFound, NetworkTimeout, ShutdownInProgress, WriteConcernFailed,
    // PrimarySteppedDown, ExceededTimeLimit, SocketException, NotWritablePrimary,
    // InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk,
    // NotPrimaryOrSecondary.
    case 6, 7, 89, 91, 64, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436:
      self = .outcomeUnknown(message)
    default: self = .unavailable(message)
    }
  }
}

extension ArchiveError {
  /// To a writer, who may write again.
  init(writing failure: MongoFailure) {
    switch failure {
    case .unavailable(let message): self = .unavailable(message)
    case .outcomeUnknown: self = .outcomeUnknown
    case .refused(let message): self = .refused(message)
    case .duplicate: self = .unavailable("others write the same documents: try again")
    }
  }

  /// To a reader, who has changed nothing.
  init(reading failure: MongoFailure) {
    if case .refused(let message) = failure {
      self = .refused(message)
    } else {
      self = .unavailable(failure.message)
    }
  }
}
