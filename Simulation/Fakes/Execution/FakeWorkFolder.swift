public import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// The folder of an attempt, in memory. What the work "makes" is put there by its script.
public final class FakeWorkFolder: WorkFolder {
  private struct State {
    var files: SortedMap<String, [UInt8]> = [:]
    var isRemoved = false
  }

  private let world: SimulatedWorld
  private let latency: WorldRandom
  private let state = Mutex(State())

  init(_ world: SimulatedWorld) {
    self.world = world
    latency = world.stream(named: "folder latency")
  }

  public var files: SortedMap<String, [UInt8]> { state.withLock { $0.files } }
  public var isRemoved: Bool { state.withLock { $0.isRemoved } }

  /// What the work leaves behind.
  func make(_ files: SortedMap<String, [UInt8]>) {
    state.withLock { state in
      for (path, bytes) in files { state.files[path] = bytes }
    }
  }

  public func find(
    _ pattern: PathPattern, filesMax: Int
  ) async throws(WorkFolderError) -> (files: [WorkFile], isTruncated: Bool) {
    try await visit { state throws(WorkFolderError) in
      let found = state.files.filter { pattern.takes($0.key) }.map { path, bytes in
        WorkFile(path: path, size: Int64(bytes.count))
      }
      return (Array(found.prefix(filesMax)), found.count > filesMax)
    }
  }

  public func read(
    _ path: String, _ range: Range<Int64>
  ) async throws(WorkFolderError) -> [UInt8] {
    try await visit { state throws(WorkFolderError) in
      guard let bytes = state.files[path] else { throw WorkFolderError("there is no \(path)") }
      let end = min(range.upperBound, Int64(bytes.count))
      guard range.lowerBound >= 0, range.lowerBound < end else { return [] }
      return Array(bytes[Int(range.lowerBound)..<Int(end)])
    }
  }

  public func write(
    _ path: String, _ bytes: [UInt8], at offset: Int64
  ) async throws(WorkFolderError) {
    try await visit { state throws(WorkFolderError) in
      let known = state.files[path]
      guard offset == Int64(known?.count ?? 0), offset > 0 || known == nil else {
        throw WorkFolderError("\(path) is taken")
      }
      state.files[path] = (known ?? []) + bytes
    }
  }

  public func remove() async {
    _ = try? await visit { state throws(WorkFolderError) in state.isRemoved = true }
  }

  private func visit<Answer: Sendable>(
    _ body: @escaping @Sendable (inout State) throws(WorkFolderError) -> Answer
  ) async throws(WorkFolderError) -> Answer {
    let answer: Result<Answer, WorkFolderError> = await world.exchange("folder") { reply in
      self.world.schedule(after: self.latency.length(in: .zero...(.milliseconds(2)))) {
        reply.send(
          self.state.withLock { state in
            Result { () throws(WorkFolderError) in
              guard !state.isRemoved else { throw WorkFolderError("the folder is gone") }
              return try body(&state)
            }
          })
      }
    }
    return try answer.get()
  }
}
