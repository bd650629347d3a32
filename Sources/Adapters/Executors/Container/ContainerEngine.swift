internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// The program of an engine, asked for anything but running a container. Every question ends: the
/// program is killed when it does not answer in time.
final class ContainerEngine: Sendable {
  struct Answer: Hashable {
    var isGood: Bool
    /// What it printed, line by line, as far as it is kept.
    var lines: [String]
    /// What it complained about, in one line.
    var complaint: String
  }

  let program: String
  private let configuration: ContainerExecutorConfiguration
  private let processes: ProcessExecutor
  private let time: any Time
  private let spawner: any Spawner
  private let questions = Mutex<UInt64>(0)

  init(
    _ program: String, _ configuration: ContainerExecutorConfiguration,
    _ processes: ProcessExecutor, time: any Time, spawner: any Spawner
  ) {
    self.program = program
    self.configuration = configuration
    self.processes = processes
    self.time = time
    self.spawner = spawner
  }

  /// Whether it is podman, which needs no server and maps users when nobody is root.
  var isPodman: Bool { program.split(separator: "/").last?.hasPrefix("podman") ?? false }

  /// What is wrong when it cannot run containers now; nil when it can.
  func fault() async -> String? {
    let answer = await ask(["version"])
    return answer.isGood ? nil : "\(program) does not work: \(answer.complaint)"
  }

  /// Asks the program of a container to end.
  func terminate(_ name: ContainerName) async -> Bool {
    await ask(["kill", "--signal", "TERM", name.text]).isGood
  }

  /// Removes a container, however it is.
  ///
  /// - Returns: whether it is known to be gone.
  func remove(_ name: ContainerName) async -> Bool {
    if await ask(["rm", "--force", "--volumes", name.text]).isGood { return true }
    // Some fail also when there is none.
    let rest = await ask(
      ["ps", "--all", "--filter", "name=\(name.text)", "--format", "{{.Names}}"])
    return rest.isGood && !rest.lines.contains(name.text)
  }

  /// Removes what workers of this machine left that are no more.
  func removeLeftovers(of owner: ContainerOwner) async {
    let all = await ask(
      ["ps", "--all", "--filter", "name=\(owner.prefix)", "--format", "{{.Names}}"])
    guard all.isGood else { return }
    for line in all.lines.prefix(configuration.containersMax) {
      guard let name = ContainerName(line, on: owner.machine), name.owner != owner,
        !name.owner.isAlive
      else { continue }
      _ = await remove(name)
    }
  }

  private func ask(_ words: [String]) async -> Answer {
    let number = questions.withLock { number in
      number += 1
      return number
    }
    // A question is an attempt of nobody's: it has a folder of its own as every attempt has.
    let attempt = AttemptID(
      run: RunID(SortableID(high: 0, low: number)),
      task: TaskKey(TaskName(unchecked: "engine")), fence: Fence(0))
    let order = WorkOrder(
      attempt: attempt, work: .run(argv: []), environment: configuration.environment,
      limits: ExecutionLimits(outputBytesMax: 4 << 20))
    let program = self.program
    let argv = [program] + words
    let execution: any Execution
    do throws(ExecutorError) {
      execution = try await processes.start(order) { _ throws(SystemFailure) in (program, argv) }
    } catch {
      return Answer(isGood: false, lines: [], complaint: "it cannot be started")
    }
    let patience = spawner.spawn("patience") { [time, configuration] in
      guard (try? await time.sleep(for: configuration.answerWithin)) != nil else { return }
      await execution.stop(.kill)
    }
    let answer = await read(execution)
    patience.cancel()
    return answer
  }

  private func read(_ execution: any Execution) async -> Answer {
    var (lines, complaints): ([String], [String]) = ([], [])
    while true {
      let more = await execution.nextOutput()
      if more.isEmpty { break }
      for line in more {
        let text = String(decoding: line.bytes, as: UTF8.self)
        switch line.stream {
        case .out: lines.append(text)
        case .error: complaints.append(text)
        case .system: break
        }
      }
    }
    switch await execution.result() {
    case .succeeded: return Answer(isGood: true, lines: lines, complaint: "")
    case .stopped:
      return Answer(isGood: false, lines: [], complaint: "it does not answer")
    case .failed(_, let reason), .unknown(let reason):
      let said = complaints.first { !$0.isEmpty } ?? reason.message
      return Answer(isGood: false, lines: lines, complaint: String(said.prefix(500)))
    }
  }
}
