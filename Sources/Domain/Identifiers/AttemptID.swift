/// A task of a run, or one instance of a `forEach` task (`index` from 0).
public struct TaskKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var name: TaskName
  public var index: Int?

  public init(_ name: TaskName, index: Int? = nil) {
    self.name = name
    self.index = index
  }

  /// `test` or `test[3]`.
  public var description: String {
    index.map { "\(name)[\($0)]" } ?? name.text
  }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    var text = String(text)
    let key = text.withUTF8 { TaskKey(bytes: $0[...]) }
    guard let key else { return nil }
    self = key
  }

  /// By bytes: keys are read for every row and message.
  init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    guard bytes.last == UInt8(ascii: "]") else {
      guard Slug.isValid(bytes: bytes) else { return nil }
      self.init(TaskName(unchecked: String(decoding: bytes, as: UTF8.self)))
      return
    }
    guard let bracket = bytes.firstIndex(of: UInt8(ascii: "[")),
      Slug.isValid(bytes: bytes[..<bracket]),
      let index = Digits.number(bytes[(bracket + 1)...].dropLast())
    else { return nil }
    self.init(TaskName(unchecked: String(decoding: bytes[..<bracket], as: UTF8.self)), index: index)
  }

  public static func < (left: TaskKey, right: TaskKey) -> Bool {
    left.name == right.name
      ? (left.index ?? -1) < (right.index ?? -1) : left.name < right.name
  }
}

/// Grows by one with every attempt of a task; only the newest counts. It is the number of the
/// attempt, the first being 1, and travels with every message about it.
public struct Fence: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var number: Int
  public init(_ number: Int) { self.number = number }
  public var description: String { String(number) }
  public var next: Fence { Fence(number + 1) }
  public static func < (left: Fence, right: Fence) -> Bool { left.number < right.number }
}

/// One try of one task: what a worker claims, runs and reports.
public struct AttemptID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var run: RunID
  public var task: TaskKey
  public var fence: Fence

  public init(run: RunID, task: TaskKey, fence: Fence) {
    self.run = run
    self.task = task
    self.fence = fence
  }

  /// `run_…/test[3]/2`: a key of rows and messages, and what users see in logs.
  public var description: String { "\(run)/\(task)/\(fence)" }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    var text = String(text)
    let id = text.withUTF8 { AttemptID(bytes: $0[...]) }
    guard let id else { return nil }
    self = id
  }

  private init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    let slash = UInt8(ascii: "/")
    guard let first = bytes.firstIndex(of: slash), let last = bytes.lastIndex(of: slash),
      first < last, let run = SortableID(bytes: bytes[..<first], after: RunID.prefix),
      let task = TaskKey(bytes: bytes[(first + 1)..<last]),
      let number = Digits.number(bytes[(last + 1)...]), number > 0
    else { return nil }
    self.init(run: RunID(run), task: task, fence: Fence(number))
  }

  public static func < (left: AttemptID, right: AttemptID) -> Bool {
    if left.run != right.run { return left.run < right.run }
    if left.task != right.task { return left.task < right.task }
    return left.fence < right.fence
  }
}

/// Numbers in ids.
private enum Digits {
  /// Nil unless the bytes are what a number from 0 prints: no sign, no zero in front.
  static func number(_ bytes: some Collection<UInt8>) -> Int? {
    guard let first = bytes.first, first != UInt8(ascii: "0") || bytes.count == 1 else {
      return nil
    }
    var number = 0
    for byte in bytes {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isStillTooLarge) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !isTooLarge, !isStillTooLarge else { return nil }
      number = sum
    }
    return number
  }
}
