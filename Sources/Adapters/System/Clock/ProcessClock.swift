public import Domain
internal import Glibc

/// The clocks of this process, read from the system.
public enum ProcessClock {
  /// `CLOCK_REALTIME`.
  public static func now() -> Moment {
    Moment(microseconds: read(CLOCK_REALTIME))
  }

  /// `CLOCK_MONOTONIC`, counted from its first reading in this process. It stands still while the
  /// machine is suspended, so that silence is never judged by time in which nobody could speak.
  public static func uptime() -> Uptime {
    Uptime(microseconds: read(CLOCK_MONOTONIC) - start)
  }

  private static let start = read(CLOCK_MONOTONIC)

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
