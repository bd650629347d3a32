internal import Domain

/// Of which traces spans are recorded, of those that begin here. What began elsewhere was decided
/// there.
///
/// The trace's own id decides, so that everybody with the same share decides alike (W3C Trace
/// Context, level 2: the lower seven bytes are random).
public struct TraceSampling: Hashable, Sendable {
  /// Of a million traces, how many.
  public let millionths: Int

  public static let never = TraceSampling(millionths: 0)
  public static let always = TraceSampling(millionths: 1_000_000)

  public init(millionths: Int) {
    self.millionths = min(max(millionths, 0), 1_000_000)
  }

  func takes(_ trace: TraceID) -> Bool {
    let random = trace.low & 0xff_ffff_ffff_ffff
    // Below 2⁵⁶ · share: both sides fit into 64 bits after giving up the lowest twenty.
    return random >> 20 < UInt64(millionths) << 36 / 1_000_000
  }
}
