public import Domain

/// Why a request's JSON was not taken, with everything that is wrong in it.
public enum JSONRefusal: Error, Hashable, Sendable {
  /// It is no JSON, or breaks a limit: only the first fault is known.
  case malformed(JSONFault)
  /// It is JSON, but not what was asked for. In the order of the text, at least one.
  case unfit([Finding])

  public var findings: [Finding] {
    switch self {
    case .malformed(let fault): [fault.finding]
    case .unfit(let findings): findings
    }
  }
}

extension JSONRefusal: CustomStringConvertible {
  public var description: String {
    findings.map { finding in
      finding.pointer.isEmpty ? "\(finding)" : "\(finding) at \(finding.pointer)"
    }.joined(separator: "; ")
  }
}
