/// The main thread of a program that is made of tasks.
public enum MainThread {
  /// Runs `body` and blocks the main thread until it has ended.
  ///
  /// An asynchronous `main` would hand the thread to the runtime, which lets all signals through on
  /// it: SIGTERM would end the process although a `SignalSource` waits for it.
  public static func run(_ body: @escaping @Sendable () async -> Int32) -> Int32 {
    let ended = Monitor<Int32?>(nil)
    Task.detached {
      let code = await body()
      ended.withLock { $0 = code }
      ended.signalAll()
    }
    return ended.wait { code in
      if let code { .done(code) } else { .wait }
    }
  }
}
