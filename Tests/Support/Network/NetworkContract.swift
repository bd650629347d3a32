/// The promises of `Network`. Run them against every implementation, without injected faults.
public enum NetworkContract {
  public static let cases: [ContractCase<NetworkSubject>] =
    exchanges + bodies + endings + remoteCalls + streams + exposures
}

extension [UInt8] {
  /// Bytes in which no two places look alike for long.
  static func patterned(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
  }
}
