/// One promise of a port, as a test that any implementation of the port can run.
///
/// A suite is an enum with `static let cases: [ContractCase<Subject>]`. The caller makes a fresh
/// subject for each case and decides where the case runs: under the virtual kernel or for real.
///
/// ```swift
/// @Test(arguments: TimeContract.cases)
/// func `system time keeps the contract`(_ promise: ContractCase<TimeSubject>) async throws {
///   try await promise.check(makeSubject())
/// }
/// ```
public struct ContractCase<Subject: Sendable>: Sendable {
  /// The promise, as a sentence.
  public let name: String
  let body: @Sendable (Subject) async throws -> Void

  public init(_ name: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
    self.name = name
    self.body = body
  }

  /// - Throws: `ContractViolation` when the subject breaks the promise; every other error means
  ///   that the subject failed where it must not.
  public func check(_ subject: Subject) async throws {
    do {
      try await body(subject)
    } catch let violation as ContractViolation {
      throw ContractViolation("\(name): \(violation.message)", at: violation.place)
    }
  }
}

/// Test runners show arguments by their description.
extension ContractCase: CustomStringConvertible {
  public var description: String { name }
}
