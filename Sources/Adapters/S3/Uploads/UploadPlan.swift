internal import Domain

/// The parts of an object in their order, and how they become one.
struct UploadPlan: Hashable, Sendable {
  enum Way: Hashable, Sendable {
    /// Few bytes: they are the object itself.
    case whole
    /// S3 has all of them, or all but the last one.
    case direct(last: PlannedPart?)
    /// Small parts stand before others: S3 would refuse them, so they are merged.
    case merged
  }

  /// All of them, empty ones too.
  var parts: [PlannedPart]

  var size: Int64 { parts.reduce(0) { $0.addingSaturated($1.size) } }

  /// Those with content.
  var pieces: [PlannedPart] { parts.filter { $0.size > 0 } }

  /// - Parameter wholeBytesMax: of objects that are put together in memory.
  func way(wholeBytesMax: Int) -> Way {
    let pieces = pieces
    if pieces.allSatisfy({ $0.place == .own }), size <= Int64(wholeBytesMax) { return .whole }
    guard pieces.dropLast().allSatisfy({ $0.place == .direct }) else { return .merged }
    let last = pieces.last
    return pieces.count > 1 || last?.place == .direct
      ? .direct(last: last?.place == .own ? last : nil) : .merged
  }
}
