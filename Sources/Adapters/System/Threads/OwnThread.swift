internal import CLinux
internal import Glibc

/// A thread outside the cooperative pool, for work that blocks: databases, disks.
public final class OwnThread: Sendable {
  /// The system has no room for another thread.
  public struct Refused: Error, Hashable, Sendable {
    /// What the system said.
    public let message: String
  }

  private let handle: pthread_t

  /// Starts `body` on a new thread that takes no signals.
  ///
  /// - Parameter name: for debuggers; Linux keeps the first 15 bytes.
  public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(Refused) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var handle = pthread_t()
    let answer = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        millrace_begin_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard answer == 0 else {
      start.release()
      throw Refused(message: "no thread for \(name): \(String(cString: strerror(answer)))")
    }
    self.handle = handle
  }

  /// Blocks until the thread has ended. Exactly one of `join` and `detach` must be called, once.
  public func join() {
    pthread_join(handle, nil)
  }

  /// Lets the thread end by itself.
  public func detach() {
    pthread_detach(handle)
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
