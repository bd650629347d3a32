internal import Ports
internal import Synchronization

/// The digest of an upload whose parts come through this process, in order or nearly so, and what
/// is known of the parts that have arrived.
///
/// A part goes into the digest when all before it have; until then its bytes wait, within the limit
/// that all uploads share. Whatever does not fit into that breaks the digest, and what is missing
/// here is read back from the store.
final class RunningDigest: Sendable {
  private struct Order {
    /// The digests of the parts that are in, in their order.
    var sums: [[UInt8]] = []
    var early: [Int: (bytes: [UInt8], sum: [UInt8])] = [:]
    var finished: [UInt8]?
    var isBroken = false
  }

  private struct Arrived {
    var part: PlannedPart
    /// What lists call it.
    var listedTag: String
  }

  private let content: PieceDigest
  private let memory: EarlyBytes
  private let order = Mutex(Order())
  private let arrived = Mutex<[Int: Arrived]>([:])

  init(_ digest: any Digest, _ memory: EarlyBytes) {
    content = PieceDigest(digest)
    self.memory = memory
  }

  deinit { order.withLock { clear(&$0) } }

  /// Adds the bytes of a part, which may not have arrived yet: if it does not, it is going to come
  /// again. Takes its time.
  func add(_ number: Int, _ bytes: [UInt8], digest sum: [UInt8]) {
    order.withLock { order in
      guard !order.isBroken else { return }
      if order.sums.indices.contains(number - 1) {
        if order.sums[number - 1] != sum { breakUp(&order) }
        return
      }
      if let early = order.early[number] {
        if early.sum != sum { breakUp(&order) }
        return
      }
      guard order.finished == nil, number == order.sums.count + 1 || memory.take(bytes.count)
      else { return breakUp(&order) }
      guard number == order.sums.count + 1 else {
        order.early[number] = (bytes, sum)
        return
      }
      content.update(bytes)
      order.sums.append(sum)
      while let next = order.early.removeValue(forKey: order.sums.count + 1) {
        content.update(next.bytes)
        order.sums.append(next.sum)
        memory.giveBack(next.bytes.count)
      }
    }
  }

  /// - Parameter tag: by which lists tell what stands under the number of the part.
  func arrived(_ part: PlannedPart, listedTag tag: String) {
    arrived.withLock { $0[part.number] = Arrived(part: part, listedTag: tag) }
  }

  /// What a list names; nil when another process has brought it.
  func part(_ number: Int, listedTag tag: String) -> PlannedPart? {
    arrived.withLock { $0[number] }.flatMap { $0.listedTag == tag ? $0.part : nil }
  }

  /// The digest of the parts; nil when these are not the ones.
  func finish(_ planned: [PlannedPart]) -> [UInt8]? {
    let isSame = arrived.withLock { arrived in
      planned.allSatisfy { part in arrived[part.number]?.part == part }
    }
    guard isSame else { return nil }
    return order.withLock { order in
      guard !order.isBroken, order.sums.count == planned.count else { return nil }
      let sum = order.finished ?? content.finish()
      order.finished = sum
      return sum
    }
  }

  private func breakUp(_ order: inout Order) {
    order.isBroken = true
    clear(&order)
  }

  private func clear(_ order: inout Order) {
    for part in order.early.values { memory.giveBack(part.bytes.count) }
    order.early = [:]
  }
}

/// A digest in the making that may go from thread to thread. Used by one call at a time.
final class PieceDigest: @unchecked Sendable {
  private let stream: any DigestStream

  init(_ digest: any Digest) { stream = digest.begin() }

  func update(_ bytes: [UInt8]) { stream.update(bytes) }

  func finish() -> [UInt8] { stream.finish() }
}
