/// Why a server could not start: what, and how to fix it.
public struct StartFailure: Error, Sendable {
  public var what: String
  public var hint: String

  public init(_ what: String, hint: String) {
    self.what = what
    self.hint = hint
  }
}
