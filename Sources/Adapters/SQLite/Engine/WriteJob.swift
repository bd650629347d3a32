/// How the COMMIT that carried a write ended.
enum CommitVerdict {
  case committed
  case failed(EngineError)
}

/// One write that waits for its turn: it succeeds or fails alone, and becomes durable with others.
struct WriteJob: Sendable {
  /// Does the work within the open transaction. False: undo it, its error is kept.
  let attempt: @Sendable (SQLiteConnection) -> Bool
  /// Answers the caller; called once, after the COMMIT or the roll-back.
  let conclude: @Sendable (CommitVerdict) -> Void
}

/// What the writer's thread is given to do.
enum WriterWork: Sendable {
  case write(WriteJob)
  /// Reads what is committed.
  case read(@Sendable (SQLiteConnection) -> Void)
  /// Reads once everything that was asked for before is decided; given no connection when a doubt
  /// could not be removed.
  case settle(@Sendable (SQLiteConnection?) -> Void)
}

/// The answer of one write on its way from the attempt to the caller.
///
/// Unchecked: the writer's thread alone touches it.
final class WriteAnswer<Answer: Sendable>: @unchecked Sendable {
  private var result: Result<Answer, EngineError>?

  /// Keeps the result and says whether the work stands.
  func keep(_ result: Result<Answer, EngineError>) -> Bool {
    self.result = result
    return (try? result.get()) != nil
  }

  /// The result, given how the COMMIT ended.
  func final(_ verdict: CommitVerdict) -> Result<Answer, EngineError> {
    switch (verdict, result) {
    case (.committed, let result?): result
    case (.failed, .failure(let error)?): .failure(error)
    case (.failed(let error), _): .failure(error)
    case (.committed, nil): .failure(.unavailable("the write was not tried"))
    }
  }
}
