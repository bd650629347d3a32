internal import Contracts
internal import Domain

/// Whoever changes who may do what leaves a trace.
public struct ChangesAudited: Invariant {
  public static let name = InvariantName("S22", "changes-audited")
  public static let promise =
    "a change of identity and access that was acknowledged is in the audit, "
    + "and nothing is there twice"
  public static let interest: Interest = [.audits, .answered]

  /// Requests that have an entry.
  private var audited: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .audit(let change) in commit.changes {
        guard let entry = change.after, change.before == nil, !entry.request.isEmpty else {
          continue
        }
        judgement.require(
          audited.insert(entry.request), "\(entry.request), \(entry.action), is in the audit twice")
      }
    case .answered(let call, .answered(let status, _, let request)):
      guard call.method != "GET", (200..<300).contains(status), ChangesAudited.concerns(call.path)
      else { return }
      judgement.require(
        audited.contains(request),
        "\(call.method) \(call.path), request \(request), was done and is not in the audit")
    default: break
    }
  }

  private static func concerns(_ path: String) -> Bool {
    ["/v1/users", "/v1/namespaces", "/v1/invitations"].contains { path.hasPrefix($0) }
  }
}
