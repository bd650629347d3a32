import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

/// The artifact service as a worker sees it: names files, takes parts by link, gives them back.
final class FakeArtifacts: RPCHandler, HTTPHandler {
  struct Kept: Sendable {
    var offer: OfferArtifactRequest
    var parts: SortedMap<Int, [UInt8]> = [:]
    var isReady = false

    var bytes: [UInt8] { parts.values.flatMap(\.self) }
  }

  struct State {
    var kept: SortedMap<String, Kept> = [:]
    var isDown = false
    /// Requests that are turned away before the next is taken.
    var failures = 0
    var damages = false
  }

  static let address = "artifacts:80"
  static let partBytes: Int64 = 10
  private let state = Mutex(State())

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  /// The contents that are ready, by name and path.
  var contents: [String: [UInt8]] {
    state.withLock { state in
      Dictionary(
        uniqueKeysWithValues: state.kept.values.filter(\.isReady).map {
          ("\($0.offer.name):\($0.offer.path)", $0.bytes)
        })
    }
  }

  /// Puts a file there as if a task had kept it.
  func keep(_ bytes: [UInt8], name: String, path: String, attempt: AttemptID) {
    let offer = OfferArtifactRequest(
      attempt: attempt.description, name: name, path: path, size: Int64(bytes.count),
      digest: FakeDigest().hexadecimal(of: bytes))
    state.withLock { state in
      state.kept["art\(state.kept.count)"] = Kept(offer: offer, parts: [1: bytes], isReady: true)
    }
  }

  // MARK: Calls

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    let isDown = state.withLock { state in
      defer { state.failures = max(0, state.failures - 1) }
      return state.isDown || state.failures > 0
    }
    guard !isDown else { throw RPCError(.unavailable, "not now") }
    if method == ArtifactsMethods.offer, let offer = try? OfferArtifactRequest(decoding: request) {
      return self.offer(offer).encoded()
    }
    if method == ArtifactsMethods.complete,
      let message = try? CompleteArtifactRequest(decoding: request)
    {
      finish(message.artifact)
      return CompleteArtifactResponse().encoded()
    }
    guard let find = try? FindArtifactsRequest(decoding: request) else {
      throw RPCError(.invalidArgument, "undecodable")
    }
    let files = state.withLock { state in
      state.kept.filter { id, kept in
        kept.isReady && (find.artifact.isEmpty ? kept.offer.name == find.name : id == find.artifact)
      }.map { id, kept in
        FindArtifactsResponse.File(
          artifact: id, path: kept.offer.path, size: kept.offer.size, digest: kept.offer.digest,
          link: "http://\(FakeArtifacts.address)/\(id)?x=1", name: kept.offer.name)
      }
    }
    if files.isEmpty, !find.artifact.isEmpty { throw RPCError(.notFound, "no such artifact") }
    return FindArtifactsResponse(files: files).encoded()
  }

  private func offer(_ offer: OfferArtifactRequest) -> OfferArtifactResponse {
    state.withLock { state in
      let key = { (offer: OfferArtifactRequest) in [offer.attempt, offer.name, offer.path] }
      let known = state.kept.first { key($0.value.offer) == key(offer) }
      let id = known?.key ?? "art\(state.kept.count)"
      if known == nil { state.kept[id] = Kept(offer: offer) }
      let parts = offer.size > FakeArtifacts.partBytes ? (offer.size - 1) / 10 + 1 : 0
      return OfferArtifactResponse(
        artifact: id, isReady: known?.value.isReady ?? false,
        link: "http://\(FakeArtifacts.address)/\(id)?x=1", partBytes: FakeArtifacts.partBytes,
        parts: Int32(clamping: parts))
    }
  }

  private func finish(_ id: String) {
    state.withLock { state in
      guard let kept = state.kept[id] else { return }
      state.kept[id]?.isReady =
        FakeDigest().hexadecimal(of: kept.bytes) == kept.offer.digest
    }
  }

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    let isDown = state.withLock { state in
      defer { state.failures = max(0, state.failures - 1) }
      return state.isDown || state.failures > 0
    }
    guard !isDown else { return HTTPResponse(status: 503) }
    let id = String(request.path.dropFirst())
    let bytes = (try? await request.body.collect()) ?? []
    if request.method == "PUT" {
      let part = request.query?.split(separator: "=").last.flatMap { Int($0) } ?? 1
      let isWhole = request.query?.contains("part") != true
      state.withLock { $0.kept[id]?.parts[isWhole ? 1 : part] = bytes }
      if isWhole { finish(id) }
      return HTTPResponse(status: isWhole ? 200 : 204)
    }
    var content = state.withLock { $0.kept[id]?.bytes ?? [] }
    if state.withLock({ $0.damages }), !content.isEmpty { content[0] ^= 1 }
    return HTTPResponse(status: 200, body: .bytes(content))
  }
}
