internal import Domain
internal import Synchronization

/// What is on the screen: a tree that is drawn anew on a terminal, lines for changes elsewhere.
final class WatchView: Sendable {
  private struct State {
    var run: Value = .null
    var tasks: SortedMap<String, Value> = [:]
    var notice = ""
    var linesDrawn = 0
  }

  let isLive: Bool
  private let isQuiet: Bool
  private let style: Style
  private let state = Mutex(State())

  init(isLive: Bool, isQuiet: Bool, style: Style) {
    self.isLive = isLive
    self.isQuiet = isQuiet
    self.style = style
  }

  func show(run: Value, now: Moment) {
    state.withLock { state in
      let before = state.run["state"]
      state.run = run
      state.notice = ""
      if isLive {
        draw(&state, now: now)
      } else if before != run["state"], RunWatch.exitCode(run) == .stillRunning {
        line("run \(run["state"]?.string ?? "")", RunText.why(run))
      }
    }
  }

  func show(task: Value, now: Moment) {
    state.withLock { state in
      let name = task["task"]?.string ?? ""
      let before = state.tasks[name]?["state"]
      state.tasks[name] = task
      guard !isLive, before != task["state"], task["state"] != .string("waiting") else { return }
      let last = task["attempts"]?.items.last
      let took =
        last?["endedAt"] == nil
        ? "" : " after \(Times.took(last?["startedAt"], last?["endedAt"], now: now))"
      line("\(name) \(task["state"]?.string ?? "")\(took)", RunText.why(task))
    }
  }

  /// Lets the lengths on the screen grow.
  func tick(now: Moment) {
    guard isLive else { return }
    state.withLock { state in
      if state.linesDrawn > 0 { draw(&state, now: now) }
    }
  }

  /// Something about the watching itself.
  func note(_ text: String, now: Moment) {
    state.withLock { state in
      guard state.notice != text else { return }
      state.notice = text
      if isLive { draw(&state, now: now) } else { line(text, "") }
    }
  }

  func finish(_ run: Value, now: Moment) {
    state.withLock { state in
      state.run = run
      state.notice = ""
      if isLive { draw(&state, now: now) }
      guard !isQuiet else { return }
      let took = Times.took(run["startedAt"], run["endedAt"], now: now)
      Terminal.note(
        style.state(run["state"]?.string ?? "")
          + "  \(RunText.id(run))  \(RunText.progress(run)) tasks"
          + "  in \(took)" + (RunText.why(run).isEmpty ? "" : "  \(RunText.why(run))"))
    }
  }

  /// The newest that is known of the run.
  var run: Value { state.withLock { $0.run } }

  private func line(_ text: String, _ why: String) {
    guard !isQuiet else { return }
    Terminal.note(text + (why.isEmpty ? "" : ": \(why)"))
  }

  /// Draws over what was drawn before.
  private func draw(_ state: inout State, now: Moment) {
    let (width, height) = Terminal.size
    let lines = WatchScreen(tasks: state.tasks.values, notice: state.notice, style: style)
      .lines(width: width, height: height, now: now)
    var text = state.linesDrawn > 0 ? "\u{1b}[\(state.linesDrawn)A\r\u{1b}[J" : ""
    text += lines.map { $0 + "\n" }.joined()
    state.linesDrawn = lines.count
    Terminal.write(Array(text.utf8), to: 2)
  }
}

/// The tree of a run, made to fit: no line is wider than the terminal and all of them are on it at
/// once, because what has scrolled away cannot be drawn over.
struct WatchScreen {
  let tasks: [Value]
  let notice: String
  let style: Style

  /// With more rows a tree is no longer read at a glance.
  private static let rowsMax = 40

  func lines(width: Int, height: Int, now: Moment) -> [String] {
    // The head, the line about what is hidden, the notice, and the line of the cursor.
    let room = min(max(height - 4, 1), WatchScreen.rowsMax)
    let shown = shown(upTo: room)
    let nameMax = max(width - 45, 12)
    var table = Table(["TASK", "STATE", "TRY", "WAITED", "TOOK", "WHY"])
    let progress = RunText.instances(of: tasks)
    for task in shown {
      var row = RunText.row(task, style, now: now, progress)
      row[0] = Columns.cut(row[0], to: nameMax)
      table.add(row)
    }
    var lines = table.text.split(separator: "\n").map(String.init)
    if tasks.count > shown.count {
      let ended = tasks.count { TaskOutcome(rawValue: $0["state"]?.string ?? "") != nil }
      lines.append(
        style.faint("… and \(tasks.count - shown.count) more; \(ended)/\(tasks.count) ended"))
    }
    if !notice.isEmpty { lines.append(notice) }
    return lines.map { Columns.cut($0, to: width) }
  }

  /// The rows that matter most when there are too many, in the order in which people read them.
  private func shown(upTo count: Int) -> [Value] {
    let sorted = TaskOrder.sorted(tasks)
    guard sorted.count > count else { return sorted }
    let ranked = sorted.enumerated().sorted { one, other in
      (rank(one.element), one.offset) < (rank(other.element), other.offset)
    }
    return ranked.prefix(count).sorted { $0.offset < $1.offset }.map(\.element)
  }

  /// Whole tasks before instances of one, what moves or has failed before the rest.
  private func rank(_ task: Value) -> Int {
    let isInstance = TaskOrder.isInstance(task)
    return switch task["state"]?.string {
    case "running", "dispatched", "backoff", "cancelling": isInstance ? 2 : 0
    case "failed", "timedOut", "lost": isInstance ? 3 : 1
    case "ready": isInstance ? 6 : 4
    case "waiting": isInstance ? 7 : 4
    default: isInstance ? 8 : 5
    }
  }
}
