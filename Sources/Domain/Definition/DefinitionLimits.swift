/// How large and how extreme a definition may be. What is over a limit is a finding that names it.
public struct DefinitionLimits: Hashable, Sendable {
  public var document = DocumentLimits()
  /// More are counted and not listed.
  public var findingsReportedMax = 100

  /// Main and `finally` tasks together.
  public var tasksMax = 10_000
  /// Entries of all `needs` together.
  public var edgesMax = 100_000
  /// Tasks on the longest way through `needs`.
  public var depthMax = 1_000
  /// Items of a `forEach` that is written out; of a computed one the scheduler counts them.
  public var itemsMax = 100_000

  public var attemptsMax = RetryPolicy.attemptsLimit
  public var retryRulesMax = 20
  public var timeoutMax: Duration = .seconds(30 * 86_400)

  public var descriptionBytesMax = 4 << 10
  public var labelsMax = 32
  public var labelValueBytesMax = 255
  public var inputsMax = 200
  public var secretsMax = 50
  public var choicesMax = 200
  /// All inputs of a run together, as JSON.
  public var inputsBytesMax = 64 << 10
  public var outputsMax = 200
  public var artifactsMax = 100
  public var filesMax = 100
  public var notificationsMax = 20
  public var recipientsMax = 20

  public var environmentMax = 200
  /// Of one value, as written; what the kernel takes for one string is 128 KiB.
  public var environmentValueBytesMax = 32 << 10
  public var argumentsMax = 1_000
  /// Of one argument, URL or header value, as written.
  public var argumentBytesMax = 32 << 10
  public var scriptBytesMax = 256 << 10
  public var headersMax = 64

  public init() {}
}
