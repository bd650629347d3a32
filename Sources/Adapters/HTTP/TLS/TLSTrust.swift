internal import Synchronization

/// Whom a client believes, and what it shows.
public final class TLSTrust: Sendable {
  private enum Kind {
    /// Read when it is needed first: most clients never need it.
    case authorities(file: String?, made: TLSContext?)
    case keeper(TLSKeeper)
  }

  private let kind: Mutex<Kind>

  /// Believes certificates of these authorities and shows none of its own.
  ///
  /// - Parameter file: of PEM; nil believes whom the system believes.
  public init(authorities file: String? = nil) {
    kind = Mutex(.authorities(file: file, made: nil))
  }

  /// As processes of an installation know each other.
  public init(_ keeper: TLSKeeper) {
    kind = Mutex(.keeper(keeper))
  }

  /// - Throws: which file is of no use, and why.
  func context() throws(TLSFailure) -> TLSContext {
    let answer = kind.withLock { kind -> Result<TLSContext, TLSFailure> in
      switch kind {
      case .keeper(let keeper): return .success(keeper.context(.client))
      case .authorities(_, let made?): return .success(made)
      case .authorities(let file, nil):
        do throws(TLSFailure) {
          let made = try TLSContext(authority: file)
          kind = .authorities(file: file, made: made)
          return .success(made)
        } catch {
          return .failure(error)
        }
      }
    }
    return try answer.get()
  }
}
