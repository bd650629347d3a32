public import Domain

/// Puts the logs of many attempts into one order: by time, then by task, then by attempt, then by
/// the number of the line.
///
/// Lines of one attempt keep their order whatever its clock did: a line counts as printed no
/// earlier than the one before it, and the first no earlier than the start of its attempt. Each log
/// is read page by page, when the merge has come to it, and the pages are small when many logs are
/// open at once; so the memory is bounded by the limits, however many attempts there are, beside a
/// few words for each attempt.
///
/// What is not there when the merge comes to it is passed over; it takes part again, from where it
/// was, after `refresh`.
public struct LogMerge<Line: Sendable>: Sendable {
  /// A line, with what the merge has to know of it.
  public struct Entry: Sendable {
    public var at: Moment
    public var bytes: Int
    public var line: Line

    public init(at: Moment, bytes: Int, line: Line) {
      self.at = at
      self.bytes = bytes
      self.line = line
    }
  }

  public enum Step: Sendable {
    /// Read lines of this log and answer with `add`.
    case read(AttemptID, from: Int64, limit: Int)
    /// These lines are next.
    case write(AttemptID, first: Int64, [Line])
    /// Everything that is there has been written.
    case idle
  }

  private struct Source: Sendable {
    let id: AttemptID
    /// The first line that was not written.
    var next: Int64 = 0
    /// No line counts as printed earlier.
    var floor: Moment
    var held: ArraySlice<Entry> = []
    /// Of the whole page of which `held` is the rest.
    var weight = 0
    var isComplete = false
    /// Whether it stands in the row of those that hold lines.
    var isListed = false
  }

  private struct Turn: Comparable, Sendable {
    var at: Moment
    var id: AttemptID
    var source: Int

    static func < (left: Turn, right: Turn) -> Bool {
      left.at != right.at ? left.at < right.at : left.id < right.id
    }
  }

  private let limits: LogMergeLimits
  private var sources: [Source] = []
  private var places: SortedMap<AttemptID, Int> = [:]
  /// One turn for each source that is neither dry nor complete nor being read.
  private var turns = Heap<Turn>()
  private var dry: [Int] = []
  private var reading: Int?
  private(set) var bytesHeld = 0
  private var holdingCount = 0
  /// Sources that hold lines or have held some, in the order in which they were read, each once.
  private var holders: [Int] = []
  private var holdersHead = 0

  public init(_ limits: LogMergeLimits = LogMergeLimits()) {
    self.limits = limits
  }

  /// Lets logs take part that are not known yet, each from the start of its attempt on.
  public mutating func join(_ logs: some Sequence<(AttemptID, Moment)>) {
    var new: [(AttemptID, Int)] = []
    for (id, start) in logs where places[id] == nil {
      new.append((id, sources.count))
      sources.append(Source(id: id, floor: start))
      turns.push(Turn(at: start, id: id, source: sources.count - 1))
    }
    places.merge(new)
  }

  /// Logs that had nothing more when the merge came to them.
  public var dryLogs: [AttemptID] { dry.map { sources[$0].id } }

  /// Whether any log may still have lines.
  public var isOver: Bool { turns.isEmpty && dry.isEmpty && reading == nil }

  /// Looks again at logs that had nothing more.
  public mutating func refresh() {
    for source in dry { enqueue(source, at: sources[source].floor) }
    dry = []
  }

  /// Expects nothing more of a log.
  public mutating func leave(_ log: AttemptID) {
    guard let source = places[log] else { return }
    sources[source].isComplete = true
    dry.removeAll { $0 == source }
  }

  /// What to do next. A `read` must be answered before the next step is asked for.
  public mutating func next() -> Step {
    while let turn = turns.pop() {
      let source = turn.source
      guard !sources[source].held.isEmpty else {
        if sources[source].isComplete { continue }
        reading = source
        return .read(turn.id, from: sources[source].next, limit: readLimit)
      }
      return write(source)
    }
    return .idle
  }

  /// The answer to `read`; with `isLast` nothing follows the lines.
  public mutating func add(_ entries: [Entry], isLast: Bool) {
    guard let source = reading else { return }
    reading = nil
    if isLast { sources[source].isComplete = true }
    guard let first = entries.first else {
      if !isLast { dry.append(source) }
      return
    }
    sources[source].held = entries[...]
    sources[source].weight = entries.reduce(0) { $0 + $1.bytes + LogMergeLimits.lineOverhead }
    bytesHeld += sources[source].weight
    holdingCount += 1
    enqueue(source, at: max(sources[source].floor, first.at))
    makeRoom(besides: source)
    list(source)
  }

  private mutating func enqueue(_ source: Int, at moment: Moment) {
    turns.push(Turn(at: moment, id: sources[source].id, source: source))
  }

  private mutating func write(_ source: Int) -> Step {
    let bound = turns.first
    let id = sources[source].id
    let first = sources[source].next
    var lines: [Line] = []
    var (floor, held) = (sources[source].floor, sources[source].held)
    sources[source].held = []
    while let entry = held.first, lines.count < limits.linesPerStepMax {
      let turn = Turn(at: max(floor, entry.at), id: id, source: source)
      if let bound, bound < turn { break }
      floor = turn.at
      lines.append(entry.line)
      held = held.dropFirst()
    }
    sources[source].floor = floor
    sources[source].next += Int64(lines.count)
    if let entry = held.first {
      sources[source].held = held
      enqueue(source, at: max(floor, entry.at))
    } else {
      letGo(source)
      if !sources[source].isComplete { enqueue(source, at: floor) }
    }
    return .write(id, first: first, lines)
  }

  /// Less for each log when many are open.
  private var readLimit: Int {
    max(1, min(limits.linesPerReadMax, limits.linesHeldMax / (holdingCount + 1)))
  }

  /// Drops what was read first and not written yet, to be read again in its turn.
  private mutating func makeRoom(besides new: Int) {
    while bytesHeld > limits.bytesHeldMax, holdersHead < holders.count {
      let source = holders[holdersHead]
      holdersHead += 1
      sources[source].isListed = false
      guard source != new, !sources[source].held.isEmpty else { continue }
      letGo(source)
      // Its end has to be heard again with the lines.
      sources[source].isComplete = false
    }
    guard holdersHead > holders.count / 2 else { return }
    holders.removeFirst(holdersHead)
    holdersHead = 0
  }

  private mutating func list(_ source: Int) {
    guard !sources[source].isListed else { return }
    sources[source].isListed = true
    holders.append(source)
  }

  private mutating func letGo(_ source: Int) {
    sources[source].held = []
    bytesHeld -= sources[source].weight
    sources[source].weight = 0
    holdingCount -= 1
  }
}

/// How much of the logs a merge holds at once.
public struct LogMergeLimits: Hashable, Sendable {
  /// Of all logs together; one page more may come.
  public var bytesHeldMax: Int
  /// The aim for all logs together; each log that is open may hold one line at least.
  public var linesHeldMax: Int
  public var linesPerReadMax: Int
  public var linesPerStepMax: Int

  /// What a line costs beside its bytes.
  static let lineOverhead = 64

  public init(
    bytesHeldMax: Int = 16 << 20, linesHeldMax: Int = 65_536, linesPerReadMax: Int = 500,
    linesPerStepMax: Int = 500
  ) {
    self.bytesHeldMax = bytesHeldMax
    self.linesHeldMax = linesHeldMax
    self.linesPerReadMax = linesPerReadMax
    self.linesPerStepMax = linesPerStepMax
  }
}
