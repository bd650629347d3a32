extension Artifact {
  /// What happens to an artifact.
  public enum Event: Hashable, Sendable {
    /// Bytes will be written to this object; whatever was written before does not count any more.
    case uploadBegun(Expectation, Blob)
    /// The store holds these bytes under the key, and said so.
    case verified(key: String, Content)
    /// The upload to the key has failed and nobody goes on with it.
    case givenUp(key: String)
    case deleteAsked
    /// The run that it belongs to is not kept any longer.
    case runExpired
    /// The store has lost its bytes, and nobody is going to bring them back.
    case contentLost
    case timeReached
    /// The store holds none of its objects any more; which of the deletions that was.
    case objectsDeleted(round: Int)
    /// Perhaps it does.
    case deletionInDoubt
  }

  public enum Effect: Hashable, Sendable {
    /// Durable: the name may be taken again.
    case freePlace
    /// Durable: nothing is left of it.
    case forget
    /// Volatile: delete these objects, and abort the uploads that make them.
    case deleteObjects([Blob], round: Int)
    /// An answer: nothing has changed.
    case refuse(Refusal)
  }
}
