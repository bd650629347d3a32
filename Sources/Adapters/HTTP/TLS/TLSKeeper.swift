internal import COpenSSL
internal import Domain
internal import Glibc
public import Ports
internal import Synchronization
internal import SystemAdapter

/// Gives each new connection the certificates that the files hold now.
///
/// Files are looked at when a connection is made, at most once in `lookEvery`. What cannot be used
/// is logged and what was there before stays in use: a renewal that goes wrong cuts nobody off.
public final class TLSKeeper: Sendable {
  private struct State {
    var server: TLSContext
    var client: TLSContext
    var stamp: [Stamp]
    var lookedAt: Uptime
  }

  /// What changes when a file is written anew, however it is done.
  private struct Stamp: Hashable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  private let files: TLSFiles
  private let lookEvery: Duration
  private let telemetry: any Telemetry
  private let state: Mutex<State>

  /// - Throws: which file is of no use, and why.
  public init(
    _ files: TLSFiles, lookEvery: Duration = .seconds(10), telemetry: any Telemetry
  ) throws(TLSFailure) {
    self.files = files
    self.lookEvery = lookEvery
    self.telemetry = telemetry
    let stamp = TLSKeeper.stamp(files)
    state = Mutex(
      State(
        server: try TLSContext(files, side: .server), client: try TLSContext(files, side: .client),
        stamp: stamp, lookedAt: ProcessClock.uptime()))
  }

  func context(_ side: TLSContext.Side) -> TLSContext {
    state.withLock { state in
      look(&state)
      return side == .server ? state.server : state.client
    }
  }

  private func look(_ state: inout State) {
    let now = ProcessClock.uptime()
    guard now - state.lookedAt >= lookEvery else { return }
    state.lookedAt = now
    let stamp = TLSKeeper.stamp(files)
    guard stamp != state.stamp else { return }
    do throws(TLSFailure) {
      let server = try TLSContext(files, side: .server)
      state.client = try TLSContext(files, side: .client)
      state.server = server
      state.stamp = stamp
      telemetry.log(.info, "tls.renewed", [("certificate", files.certificate)])
    } catch {
      telemetry.log(.error, "tls.not-renewed", [("error", error.description)])
    }
  }

  private static func stamp(_ files: TLSFiles) -> [Stamp] {
    [files.certificate, files.key, files.authority].map { path in
      var status = stat()
      guard stat(path, &status) == 0 else {
        return Stamp(inode: 0, size: 0, seconds: 0, nanoseconds: 0)
      }
      return Stamp(
        inode: UInt64(status.st_ino), size: Int64(status.st_size),
        seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
  }
}
