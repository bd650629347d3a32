internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import WorkerCore

/// Brings the files of one attempt before its work starts, and keeps those that it made.
final class ArtifactCourier: Sendable {
  private enum Phase {
    case idle
    case bringing
    case working
    case keeping
  }

  private struct State {
    var phase = Phase.idle
    var isStopped = false
  }

  private let order: WorkOrder
  private let ports: WorkerPorts
  private let folder: any WorkFolder
  private let client: ArtifactClient
  /// Writes a line into the log of the attempt.
  private let note: @Sendable (String) -> Void
  private let state = Mutex(State())
  private let stopped = Signal()

  init(
    _ order: WorkOrder, _ ports: WorkerPorts, _ digest: any Digest, in folder: any WorkFolder,
    note: @escaping @Sendable (String) -> Void, sign: @escaping @Sendable () async -> Void
  ) {
    self.order = order
    self.ports = ports
    self.folder = folder
    self.note = note
    client = ArtifactClient(attempt: order.attempt, ports: ports, digest: digest, sign: sign)
  }

  private var limits: TransferLimits { ports.configuration.transfers }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Ends what is under way. While the work runs nothing is: then what it leaves is kept in less
  /// time.
  func stop() {
    let isTravelling = state.withLock { state in
      state.isStopped = true
      return state.phase == .bringing || state.phase == .keeping
    }
    if isTravelling { stopped.wake() }
  }

  // MARK: Before

  /// Brings everything that the order names; answers how the attempt ends when its work must not
  /// start. A service that is away is nobody's fault: then another try may follow.
  func bring() async -> AttemptEnding? {
    guard !order.files.isEmpty else { return nil }
    let outcome = await travelling(.bringing, within: limits.transferWithin) {
      for file in self.order.files {
        if let fault = await self.bring(file) { return fault }
      }
      return nil
    }
    switch outcome {
    case .done(nil):
      return nil
    case .done(let fault?):
      note(fault.text)
      let reason = reason("files-missing", fault.text)
      return fault.mayPass ? .notStarted(reason) : .failed(exitCode: nil, reason: reason)
    case .late:
      note("the files took too long")
      return .notStarted(reason("files-missing", "the files took too long"))
    case .stopped:
      return .stopped(reason("stopped", "it was told to stop before its files were there"))
    }
  }

  private func bring(_ rule: FileOrder) async -> Fault? {
    let name =
      switch rule.source {
      case .artifact(let task, let name, _): "\(task)/\(name)"
      case .id(let id): id
      }
    do throws(ArtifactClient.Failure) {
      let files = try await client.find(rule.source)
      guard !files.isEmpty else { return Fault("file \(name): there is no such artifact") }
      let isFolder = rule.to.hasSuffix("/") || files.count > 1
      let base = rule.to.hasSuffix("/") ? String(rule.to.dropLast()) : rule.to
      for file in files {
        let path = isFolder ? base + "/" + (file.path.isEmpty ? file.name : file.path) : base
        try await client.bring(file, to: path, in: folder)
      }
      let bytes = files.reduce(0) { $0 + $1.size }
      note("file \(name): \(ArtifactCourier.counted(files.count)), \(bytes) bytes, to \(rule.to)")
      return nil
    } catch {
      return Fault("file \(name): \(error.message)", mayPass: error.mayPass)
    }
  }

  // MARK: After

  /// Keeps what the order names; answers the result of the attempt: one that succeeded and whose
  /// files could not be kept has not.
  func keep(after result: ExecutionResult) async -> ExecutionResult {
    let rules = order.artifacts.filter { $0.isDue(after: result) }
    guard !rules.isEmpty else { return result }
    let limit = isStopped ? limits.afterStopWithin : limits.transferWithin
    let outcome = await travelling(.keeping, within: limit) {
      var fault: Fault?
      for rule in rules {
        if let problem = await self.keep(rule) {
          self.note(problem)
          fault = fault ?? Fault(problem)
        }
      }
      return fault
    }
    let text: String
    switch outcome {
    case .done(nil): return result
    case .done(let fault?): text = fault.text
    case .late: text = "the artifacts took too long"
    case .stopped: text = "it was told to stop while its artifacts were under way"
    }
    guard case .succeeded = result else { return result }
    return .failed(exitCode: nil, reason: reason("artifact-not-kept", text))
  }

  private func keep(_ rule: ArtifactRule) async -> String? {
    guard let pattern = PathPattern(rule.path) else {
      return "artifact \(rule.name): '\(rule.path)' is no path"
    }
    let found: (files: [WorkFile], isTruncated: Bool)
    do throws(WorkFolderError) {
      found = try await folder.find(pattern, filesMax: limits.filesMax)
    } catch {
      return "artifact \(rule.name): \(error.message)"
    }
    guard !found.isTruncated else {
      return "artifact \(rule.name): \(rule.path) means more than \(limits.filesMax) files: "
        + "pack them into one"
    }
    guard !found.files.isEmpty else {
      note("artifact \(rule.name): no file fits \(rule.path)")
      return nil
    }
    let faults = await keep(found.files, pattern, name: rule.name)
    if let fault = faults.first {
      return "artifact \(rule.name): \(faults.count) of \(found.files.count) files were not kept, "
        + "the first: \(fault)"
    }
    let bytes = found.files.reduce(0) { $0 + $1.size }
    note("artifact \(rule.name): \(ArtifactCourier.counted(found.files.count)), \(bytes) bytes")
    return nil
  }

  private func keep(
    _ files: [WorkFile], _ pattern: PathPattern, name: String
  ) async -> [String] {
    await withTaskGroup(of: String?.self) { group in
      var faults: [String] = []
      for (place, file) in files.enumerated() {
        if place >= limits.transfersInFlightMax, let fault = await group.next() ?? nil {
          faults.append(fault)
        }
        if Task.isCancelled { break }
        group.addTask {
          do throws(ArtifactClient.Failure) {
            try await self.client.keep(
              file, from: self.folder, name: name, path: pattern.relative(file.path))
            return nil
          } catch {
            return "\(file.path): \(error.message)"
          }
        }
      }
      for await fault in group {
        if let fault { faults.append(fault) }
      }
      return faults
    }
  }

  // MARK: Under way

  /// What kept files from travelling.
  private struct Fault: Sendable {
    var text: String
    var mayPass: Bool

    init(_ text: String, mayPass: Bool = false) {
      self.text = text
      self.mayPass = mayPass
    }
  }

  private enum Outcome: Sendable {
    case done(Fault?)
    case late
    case stopped
  }

  /// Does something that takes its time, until it is done, the time is over, or it is stopped.
  private func travelling(
    _ phase: Phase, within limit: Duration, _ body: @escaping @Sendable () async -> Fault?
  ) async -> Outcome {
    let mayGoOn = state.withLock { state in
      // Stopped before it began: nothing is brought any more, what is left is still kept.
      if phase == .bringing, state.isStopped { return false }
      state.phase = phase
      return true
    }
    guard mayGoOn else { return .stopped }
    let outcome = await withTaskGroup(of: Outcome.self) { group in
      group.addTask { .done(await body()) }
      group.addTask { [time = ports.context.time] in
        try? await time.sleep(for: limit)
        return .late
      }
      group.addTask { [stopped] in
        await stopped.wait()
        return .stopped
      }
      let outcome = await group.next() ?? .late
      group.cancelAll()
      return outcome
    }
    state.withLock { $0.phase = .working }
    return outcome
  }

  private static func counted(_ files: Int) -> String {
    files == 1 ? "1 file" : "\(files) files"
  }

  private func reason(_ code: String, _ message: String) -> Reason {
    Reason(code: code, message: message, since: ports.context.time.now())
  }
}

extension ArtifactRule {
  /// Whether its files are kept after such a result. Nothing is kept when nobody knows what the
  /// work does now.
  fileprivate func isDue(after result: ExecutionResult) -> Bool {
    switch result {
    case .succeeded: when != .failure
    case .failed, .stopped: when != .success
    case .unknown: false
    }
  }
}
