/// What runs share a limit by: the key that their workflow's `concurrency` says, within the
/// workflow. Runs of other workflows never meet it, whatever their keys are.
public struct LimitKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bytes of UTF-8.
  public static let bytesMax = 256

  public let namespace: NamespaceName
  public let workflow: WorkflowName
  public let key: String

  /// Why a text is no key.
  public enum Fault: Error, Hashable {
    case empty
    case long(bytes: Int)
    case controlCharacter
  }

  public init(_ namespace: NamespaceName, _ workflow: WorkflowName, _ key: String) throws(Fault) {
    guard !key.isEmpty else { throw .empty }
    guard key.utf8.count <= LimitKey.bytesMax else { throw .long(bytes: key.utf8.count) }
    guard !key.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      throw .controlCharacter
    }
    self.namespace = namespace
    self.workflow = workflow
    self.key = key
  }

  /// `payments/build/main`: a key of rows and messages.
  public var description: String { "\(namespace)/\(workflow)/\(key)" }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let namespace = NamespaceName(parts[0]),
      let workflow = WorkflowName(parts[1]),
      let limit = try? LimitKey(namespace, workflow, String(parts[2]))
    else { return nil }
    self = limit
  }

  /// Of bytes: texts that look alike are different keys.
  public static func == (left: LimitKey, right: LimitKey) -> Bool {
    left.namespace == right.namespace && left.workflow == right.workflow
      && left.key.utf8.elementsEqual(right.key.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    for byte in description.utf8 { hasher.combine(byte) }
  }

  public static func < (left: LimitKey, right: LimitKey) -> Bool {
    if left.namespace != right.namespace { return left.namespace < right.namespace }
    if left.workflow != right.workflow { return left.workflow < right.workflow }
    return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
  }
}
