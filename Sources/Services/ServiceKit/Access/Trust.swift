internal import Contracts
internal import Domain
internal import Ports

/// What is needed to judge access tokens alone: the keys and what is void, and how old that
/// knowledge is.
struct Trust: Sendable {
  private(set) var keys: SortedMap<String, VerifyingKey> = [:]
  private var voids: SortedMap<String, (epoch: Int64, heardAt: Uptime)> = [:]
  /// The number of the last void that was heard of: where the next question begins.
  private(set) var through: Int64 = 0
  /// When the last question was asked that has been answered in full.
  private var syncedAt: Uptime?

  func isFresh(at now: Uptime, within length: Duration) -> Bool {
    syncedAt.map { now - $0 <= length } ?? false
  }

  func isVoid(_ claims: AccessClaims) -> Bool {
    isVoid(claims.subject, claims.epoch) || isVoid(claims.signIn, claims.epoch)
  }

  private func isVoid(_ subject: String, _ epoch: Int64) -> Bool {
    voids[subject].map { epoch < $0.epoch } ?? false
  }

  /// - Parameters:
  ///   - asked: when the question was asked.
  ///   - keptFor: how long a void is remembered: longer than any access token lives.
  mutating func learn(_ answer: GetTrustResponse, askedAt asked: Uptime, keptFor: Duration) {
    keys = SortedMap(
      answer.keys.compactMap { key in
        SignatureAlgorithm(rawValue: key.algorithm).map {
          (key.id, VerifyingKey($0, bytes: key.publicKey))
        }
      })
    let old = voids.filter { asked - $0.value.heardAt > keptFor }.map(\.key)
    for subject in old { voids[subject] = nil }
    for void in answer.voids {
      voids[void.subject] = (max(void.epoch, voids[void.subject]?.epoch ?? .min), asked)
    }
    through = answer.through
    if answer.isComplete { syncedAt = asked }
  }
}
