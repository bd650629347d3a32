/// The findings of one document: all are counted, the first in the file are kept.
///
/// A hostile document has as many faults as it has scalars; what is kept stays within a constant
/// times `reportedMax`. Errors are kept before warnings.
struct FindingList {
  let reportedMax: Int
  private(set) var count = 0
  private(set) var hasErrors = false
  private var kept: [Finding] = []

  init(reportedMax: Int) {
    self.reportedMax = max(reportedMax, 1)
  }

  mutating func add(_ finding: Finding) {
    count += 1
    if finding.severity == .error { hasErrors = true }
    kept.append(finding)
    if kept.count >= reportedMax * 8 { kept = mostImportant }
  }

  /// At most `reportedMax`, in the order of the file; each once.
  var reported: [Finding] {
    var reported: [Finding] = []
    for finding in mostImportant.sorted(by: FindingList.precedes) where reported.last != finding {
      reported.append(finding)
    }
    return reported
  }

  private var mostImportant: [Finding] {
    let sorted = kept.sorted { left, right in
      left.severity == right.severity
        ? FindingList.precedes(left, right) : left.severity == .error
    }
    return Array(sorted.prefix(reportedMax))
  }

  private static func precedes(_ left: Finding, _ right: Finding) -> Bool {
    if left.position != right.position { return left.position < right.position }
    return (left.pointer, left.code, left.message) < (right.pointer, right.code, right.message)
  }
}
