/// Where and how `dev` runs. Validated once at start.
public struct DevConfiguration: Sendable {
  /// Everything is kept here; nil keeps it in memory.
  public var dataDirectory: String?
  public var host = "127.0.0.1"
  /// 0 picks one.
  public var port = 7_700
  /// Tasks that run at once.
  public var slots = 4
  /// The least important messages that are written to standard error.
  public var logLevel = "warning"
  /// A definition that is applied at the start.
  public var sample = ""

  public init() {}
}

/// Why `dev` could not start: what, and how to fix it.
public struct DevFailure: Error, Sendable {
  public var what: String
  public var hint: String

  public init(_ what: String, hint: String) {
    self.what = what
    self.hint = hint
  }
}
