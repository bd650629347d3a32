internal import Glibc

/// The tests of security that `make test` shows the counts of (docs/security-tests.md).
public enum SecurityTest: String, Sendable {
  case injection = "T-INJ"
  case objects = "T-S3"
  case egress = "T-SSRF"
  case webhooks = "T-WH"
  case sandbox = "T-SANDBOX"
  case canary = "T-CANARY"

  /// Prints what a test has counted as a line of its own, in one call: tests run at once.
  public func report(_ counts: String) {
    let line = Array("\n\(rawValue): \(counts)\n".utf8)
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
