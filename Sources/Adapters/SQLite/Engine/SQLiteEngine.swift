internal import Ports
internal import Synchronization
internal import SystemAdapter

/// One embedded database for the record stores and buses of a process.
///
/// One thread writes (see `WriterThread`); in a file, a second one reads over a connection of its
/// own, so that no read waits for the disk. In memory both share one connection. No method blocks
/// the calling thread. A write that has been accepted is carried out even if its caller is
/// cancelled, and the caller learns how it ended.
public final class SQLiteEngine: Sendable {
  /// The file, or `:memory:`: for messages.
  public let path: String
  let room: WaitingRoom
  private let writes: JobQueue<WriterWork>
  private let reads: JobQueue<@Sendable (SQLiteConnection) -> Void>?
  private let threads: ThreadCount
  private let hasBus = Atomic<Bool>(false)

  /// Opens, and if need be makes, the database. May take as long as the check of the file.
  public static func open(
    _ configuration: SQLiteConfiguration
  ) async throws(SQLiteOpenError) -> SQLiteEngine {
    // Opening reads the file and may wait for a lock: not on the caller's thread.
    let opened: Result<SQLiteEngine, SQLiteOpenError> = await withCheckedContinuation { waiter in
      do throws(OwnThread.Refused) {
        try OwnThread("sqlite-open") {
          do throws(SQLiteOpenError) {
            waiter.resume(returning: .success(try SQLiteEngine(configuration)))
          } catch {
            waiter.resume(returning: .failure(error))
          }
        }.detach()
      } catch {
        waiter.resume(returning: .failure(.unusable(error.message)))
      }
    }
    return try opened.get()
  }

  private init(_ configuration: SQLiteConfiguration) throws(SQLiteOpenError) {
    let directory: DataDirectory?
    switch configuration.place {
    case .memory:
      path = DatabaseFile.memoryPath
      directory = nil
    case .directory(let name):
      let claimed = try DataDirectory.claim(name, wait: configuration.lockWait)
      path = claimed.path + "/millrace.db"
      directory = claimed
    }
    let writer = try DatabaseFile.openWriter(path, configuration)
    let reader = directory == nil ? nil : try DatabaseFile.openReader(path, configuration)
    writes = JobQueue(
      jobsMax: configuration.waitingWritesMax, weightMax: configuration.waitingBytesMax)
    reads = reader.map { _ in JobQueue(jobsMax: configuration.waitingReadsMax) }
    // One after the other: the last connection folds the log into the file.
    threads = ThreadCount {
      reader?.close()
      writer.close()
      directory?.release()
    }
    do throws(OwnThread.Refused) {
      room = try WaitingRoom()
      let work = WriterThread(writer, writes, configuration)
      try threads.start("sqlite-write") { work.run() }
      if let reads, let reader {
        try threads.start("sqlite-read") {
          while let read = reads.take(jobsMax: 1).first { read(reader) }
        }
      }
    } catch {
      writes.close()
      throw .unusable(error.message)
    }
  }

  deinit { stop() }

  /// Refuses new work, carries out what was accepted, closes the file and gives its directory up.
  public func close() async {
    stop()
    await threads.ended()
  }

  /// True for the first who asks: a bus keeps the ends of its logs in memory, two would disagree.
  func claimBus() -> Bool {
    !hasBus.exchange(true, ordering: .relaxed)
  }

  /// Writes that wait for the writer's thread.
  var waitingWrites: Int { writes.count }

  private func stop() {
    writes.close()
    reads?.close()
    room.close()
  }
}

extension SQLiteEngine {
  /// Carries `body` out within a transaction that it may share with others, and commits.
  ///
  /// - Parameters:
  ///   - weight: about how many bytes it writes.
  ///   - body: may run more than once when a neighbour breaks the transaction; only the last run
  ///     counts.
  ///   - whenCommitted: runs on the writer's thread before the caller goes on; must be short.
  func write<Answer: Sendable>(
    weight: Int = 0,
    _ body: @escaping @Sendable (SQLiteConnection) throws(EngineError) -> Answer,
    whenCommitted: @escaping @Sendable (Answer) -> Void = { _ in }
  ) async throws(EngineError) -> Answer {
    let result: Result<Answer, EngineError> = await withCheckedContinuation { waiter in
      let answer = WriteAnswer<Answer>()
      let job = WriteJob(
        attempt: { connection in
          do throws(EngineError) {
            return answer.keep(.success(try body(connection)))
          } catch {
            return answer.keep(.failure(error))
          }
        },
        conclude: { verdict in
          let result = answer.final(verdict)
          if case .success(let value) = result { whenCommitted(value) }
          waiter.resume(returning: result)
        })
      if let refusal = refusal(writes.offer(.write(job), weight: weight), "writes") {
        waiter.resume(returning: .failure(refusal))
      }
    }
    return try result.get()
  }

  /// Carries `body` out on a state that holds every commit that has been answered.
  func read<Answer: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws(EngineError) -> Answer
  ) async throws(EngineError) -> Answer {
    let result: Result<Answer, EngineError> = await withCheckedContinuation { waiter in
      let work: @Sendable (SQLiteConnection) -> Void = { connection in
        waiter.resume(returning: SQLiteEngine.result(of: body, on: connection))
      }
      let offer = reads.map { $0.offer(work) } ?? writes.offer(.read(work))
      if let refusal = refusal(offer, "reads") { waiter.resume(returning: .failure(refusal)) }
    }
    return try result.get()
  }

  /// Like `read`, after everything that was asked for before has been decided for good.
  func settle<Answer: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws(EngineError) -> Answer
  ) async throws(EngineError) -> Answer {
    let result: Result<Answer, EngineError> = await withCheckedContinuation { waiter in
      let work: @Sendable (SQLiteConnection?) -> Void = { connection in
        guard let connection else {
          let message = "a commit is in doubt and the disk does not let it be settled: try again"
          waiter.resume(returning: .failure(.unavailable(message)))
          return
        }
        waiter.resume(returning: SQLiteEngine.result(of: body, on: connection))
      }
      if let refusal = refusal(writes.offer(.settle(work)), "writes") {
        waiter.resume(returning: .failure(refusal))
      }
    }
    return try result.get()
  }

  private static func result<Answer>(
    of body: (SQLiteConnection) throws(EngineError) -> Answer, on connection: SQLiteConnection
  ) -> Result<Answer, EngineError> {
    do throws(EngineError) {
      return .success(try body(connection))
    } catch {
      return .failure(error)
    }
  }

  private func refusal(
    _ offer: QueueOffer, _ what: String
  ) -> EngineError? {
    switch offer {
    case .accepted: nil
    case .full: .unavailable("too many \(what) wait for \(path): slow down and try again")
    case .closed: .unavailable("\(path) is closed")
    }
  }
}
