/// A promise of a port that an implementation broke.
public struct ContractViolation: Error, CustomStringConvertible {
  public var message: String
  /// File and line of the broken expectation.
  public var place: String

  public init(_ message: String, at place: String) {
    self.message = message
    self.place = place
  }

  public var description: String { "\(message) (\(place))" }
}

/// Throws unless `condition` holds.
public func expect(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) throws(ContractViolation) {
  if condition { return }
  throw ContractViolation(message(), at: "\(file):\(line)")
}

/// Throws unless both are equal; the message shows both.
public func expectEqual<Value: Equatable>(
  _ actual: Value, _ expected: Value, _ what: @autoclosure () -> String = "value",
  file: StaticString = #fileID, line: UInt = #line
) throws(ContractViolation) {
  if actual == expected { return }
  throw ContractViolation(
    "\(what()) is \(actual) and should be \(expected)", at: "\(file):\(line)")
}

/// The value, or a violation when there is none.
public func expectPresent<Value>(
  _ value: Value?, _ what: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) throws(ContractViolation) -> Value {
  if let value { return value }
  throw ContractViolation("\(what()) is missing", at: "\(file):\(line)")
}

/// Throws unless `body` throws an error of type `Failure` that `matches` accepts.
public func expectThrows<Failure: Error, Answer>(
  _ what: String, file: StaticString = #fileID, line: UInt = #line,
  _ body: () async throws -> Answer, matching matches: (Failure) -> Bool
) async throws(ContractViolation) {
  let answer: Answer
  do {
    answer = try await body()
  } catch let error as Failure where matches(error) {
    return
  } catch {
    throw ContractViolation("\(what) failed in another way: \(error)", at: "\(file):\(line)")
  }
  throw ContractViolation("\(what) did not fail and answered \(answer)", at: "\(file):\(line)")
}

/// Throws unless `body` throws exactly `expected`.
public func expectThrows<Failure: Error & Equatable, Answer>(
  _ expected: Failure, file: StaticString = #fileID, line: UInt = #line,
  _ body: () async throws -> Answer
) async throws(ContractViolation) {
  try await expectThrows("what should throw \(expected)", file: file, line: line, body) {
    (error: Failure) in error == expected
  }
}
