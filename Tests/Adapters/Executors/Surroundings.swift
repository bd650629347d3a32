import Domain
import Glibc
import Ports
import SystemAdapter

@testable import ExecutorsAdapter

/// A loop with its clock and spawner, ended with the test.
final class Surroundings: Sendable {
  let loop: EventLoop
  let time: SystemTime
  let spawner: SystemSpawner

  init() throws {
    loop = try EventLoop(name: "executors")
    loop.start()
    time = SystemTime(on: loop)
    spawner = SystemSpawner(on: loop)
  }

  deinit { loop.stop() }

  /// Waits until the condition holds; false when it did not within ten seconds.
  func waits(until condition: () -> Bool) async -> Bool {
    let deadline = time.uptime() + .seconds(10)
    while !condition() {
      guard time.uptime() < deadline else { return false }
      try? await time.sleep(for: .milliseconds(5))
    }
    return true
  }
}

/// A process executor with a directory of its own, which must be empty in the end.
final class ProcessBench: Sendable {
  let surroundings: Surroundings
  let executor: ProcessExecutor
  let directory: String

  /// - Parameters:
  ///   - level: one of `MILLRACE_LEVEL_…`; the kernel may allow a worse one only.
  ///   - given: its directory, for whoever has to remove it when this process dies.
  ///   - limits: of each program.
  init(
    level: Int32 = 1, in given: String? = nil, limits: ProcessLimits = ProcessLimits(),
    filtersCalls: Bool = true
  ) throws {
    surroundings = try Surroundings()
    if let given {
      directory = given
    } else {
      var name = Array("/tmp/millrace-executors-XXXXXX".utf8CString)
      guard mkdtemp(&name) != nil else { throw SystemFailure.last("making a directory") }
      directory = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    var configuration = ProcessExecutorConfiguration(directory: directory)
    configuration.limits = limits
    configuration.filtersCalls = filtersCalls
    executor = try ProcessExecutor(
      configuration, levelMin: level, loop: surroundings.loop, time: surroundings.time,
      spawner: surroundings.spawner)
  }

  deinit { ProcessBench.removeAll(directory) }

  /// What the executor keeps on disk beside its own directory and lock.
  var files: [String] {
    var found: [String] = []
    for name in ProcessBench.listing(directory)
    where name.hasPrefix("worker-") && !name.hasSuffix(".lock") {
      found += ProcessBench.listing("\(directory)/\(name)").map { "\(name)/\($0)" }
    }
    return found
  }

  private static func listing(_ path: String) -> [String] {
    guard let list = opendir(path) else { return [] }
    defer { closedir(list) }
    var names: [String] = []
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  static func removeAll(_ path: String) {
    for name in listing(path) {
      let inner = "\(path)/\(name)"
      if unlink(inner) != 0 { removeAll(inner) }
    }
    rmdir(path)
  }
}

/// The processes on this machine whose command line has a word.
enum Processes {
  static func with(_ word: String) -> [String] {
    guard let list = opendir("/proc") else { return [] }
    defer { closedir(list) }
    var found: [String] = []
    while let entry = readdir(list) {
      let pid = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard Int(pid) != nil, commandLine(pid).contains(word) else { continue }
      found.append(pid)
    }
    return found
  }

  private static func commandLine(_ pid: String) -> [String] {
    let file = open("/proc/\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(file, &bytes, bytes.count)
    return bytes.prefix(max(count, 0)).split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// The most memory that this process has had at once, in KiB.
  static var peakKiB: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}

extension WorkOrder {
  static func sample(
    _ work: Work, _ number: Int = 1, environment: SortedMap<String, String> = [:],
    outputs: SortedMap<String, ValueType> = [:], limits: ExecutionLimits = ExecutionLimits()
  ) -> WorkOrder {
    let run = RunID(SortableID(high: 0x51, low: UInt64(number)))
    return WorkOrder(
      attempt: AttemptID(
        run: run, task: TaskKey(TaskName(unchecked: "sample"), index: number), fence: Fence(1)),
      work: work, environment: environment, outputs: outputs, limits: limits)
  }

  static func shell(
    _ text: String, _ number: Int = 1, environment: SortedMap<String, String> = [:],
    outputs: SortedMap<String, ValueType> = [:], limits: ExecutionLimits = ExecutionLimits()
  ) -> WorkOrder {
    sample(
      .script(text: text, interpreter: ["/bin/sh"]), number, environment: environment,
      outputs: outputs, limits: limits)
  }
}

extension [OutputLine] {
  func texts(_ stream: OutputLine.Stream = .out) -> [String] {
    filter { $0.stream == stream }.map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}
