internal import ExecutorsAdapter
public import Ports

/// What the tasks of a worker may have and reach.
public struct TaskSettings: Sendable {
  /// Address space of each process that a task starts; nil for as much as there is.
  public var memoryMebibytesMax: Int?
  /// Size of each file that a task writes; nil for as much as there is.
  public var fileMebibytesMax: Int?
  /// Processes and threads of the worker's user together; nil for as many as the system allows.
  public var processesMax: Int?

  /// Whether system calls that programs have no need of fail, where the kernel can do that.
  public var filtersCalls = true
  /// The program that runs containers: `docker`, `podman` or a path; nil for no containers.
  public var containerEngine: String?

  public init() {}

  /// What each setting may be.
  public static let memoryMebibytes = 16...16_777_216
  public static let fileMebibytes = 1...16_777_216
  public static let processes = 1...4_194_304

  var limits: ProcessLimits {
    ProcessLimits(
      memoryBytesMax: memoryMebibytesMax.map { UInt64($0) << 20 },
      fileBytesMax: fileMebibytesMax.map { UInt64($0) << 20 },
      processesMax: processesMax.map { UInt64($0) })
  }

  /// - Throws: what is wrong with the first setting that is of no use.
  func check() throws(StartFailure) {
    let settings = [
      ("the memory of a process", memoryMebibytesMax, TaskSettings.memoryMebibytes, " MiB"),
      ("the size of a file", fileMebibytesMax, TaskSettings.fileMebibytes, " MiB"),
      ("the number of processes", processesMax, TaskSettings.processes, ""),
    ]
    if let engine = containerEngine, engine.isEmpty || engine.dropFirst().contains("/"),
      !engine.hasPrefix("/")
    {
      throw StartFailure(
        "'\(engine)' is no program that runs containers",
        hint: "name docker, podman or a path that begins with /")
    }
    for (what, value, bounds, unit) in settings {
      guard let value, !bounds.contains(value) else { continue }
      throw StartFailure(
        "\(what) cannot be limited to \(value)\(unit)",
        hint: "use \(bounds.lowerBound) to \(bounds.upperBound)\(unit)")
    }
  }
}

extension EgressRules {
  /// Rules from what an operator wrote: `10.0.0.0/8` allows a private range, `8080` or `8000-8999`
  /// further ports.
  ///
  /// - Throws: what is wrong with the first text that is of no use.
  public static func reading(
    ranges: [String], ports: [String], from base: EgressRules
  ) throws(StartFailure) -> EgressRules {
    var rules = base
    for text in ranges {
      guard let range = AddressRange(text) else {
        throw StartFailure(
          "'\(text)' is no range of addresses", hint: "write it such as 10.1.0.0/16 or fd00::/8")
      }
      rules.allowed.append(range)
    }
    for text in ports {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends.first ?? nil,
        let last = ends.last ?? nil, first >= 1, last <= 65_535, first <= last
      else {
        throw StartFailure("'\(text)' is no port", hint: "write it such as 8080 or 8000-8999")
      }
      rules.ports.append(first...last)
    }
    return rules
  }
}
