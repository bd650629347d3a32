internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Takes content in, in two phases: a row that pays and waits, bytes in the object store, and only
/// then `ready`.
struct UploadDesk: Sendable {
  /// What came of an upload.
  struct Outcome: Sendable {
    var stored: StoredArtifact
    /// It was there before, with the same content.
    var wasThere = false
  }

  let ports: ArtifactPorts
  let desk: ArtifactDesk
  private let gate: UploadGate

  init(ports: ArtifactPorts, desk: ArtifactDesk) {
    self.ports = ports
    self.desk = desk
    gate = UploadGate(placesMax: ports.configuration.uploadsInFlightMax)
  }

  private var writer: ObjectWriter { ObjectWriter(ports: ports) }

  // MARK: Name first, content later

  /// Names an artifact whose content is to come. Asking again for what waits or is there answers
  /// the same.
  func open(_ order: ArtifactDesk.Order) async throws(Problem) -> Outcome {
    if let taken = try await desk.taker(of: order.place) {
      return try await reopened(taken, order)
    }
    let blob = try await newBlob(
      order.place, order.contentType, inParts: order.expectation.size > partBytes)
    do throws(Problem) {
      switch try await desk.name(order, as: ports.context.newID(), blob) {
      case .new(let stored):
        return Outcome(stored: stored)
      case .taken(let taken):
        await drop(blob)
        return try await reopened(taken, order)
      }
    } catch {
      await drop(blob)
      throw error
    }
  }

  private func reopened(
    _ taken: StoredArtifact, _ order: ArtifactDesk.Order
  ) async throws(Problem) -> Outcome {
    if let content = taken.content {
      guard order.expectation.size == content.size, order.expectation.digest == content.digest
      else { throw Problem(.exists(content), taken.id) }
      return Outcome(stored: taken, wasThere: true)
    }
    // The same content, said before: what has come of it may stay, its digest is judged at the end.
    if case .pending(order.expectation, _, _) = taken.artifact.phase,
      order.expectation.digest != nil
    {
      return Outcome(stored: taken)
    }
    // An earlier try that came to no end: this one takes its place.
    let blob = try await newBlob(
      order.place, order.contentType, inParts: order.expectation.size > partBytes)
    let begun = try await begin(order.expectation, order.contentType, blob, for: taken.id)
    return Outcome(stored: begun)
  }

  // MARK: Content

  /// Takes a whole content in for a name. Sending the same again answers the same; anything else
  /// for a name that is there is refused.
  func upload(
    _ order: ArtifactDesk.Order, _ body: any HTTPBodySource
  ) async throws(Problem) -> Outcome {
    let stream = ContentStream(ports: ports, body: body, size: order.expectation.size)
    if let taken = try await desk.taker(of: order.place), let content = taken.content {
      return try await compared(content, of: taken, order.expectation, stream)
    }
    return try await gated { () throws(Problem) in
      let blob = try await newBlob(
        order.place, order.contentType, inParts: order.expectation.size > partBytes)
      let stored: StoredArtifact
      do throws(Problem) {
        switch try await desk.name(order, as: ports.context.newID(), blob) {
        case .new(let new): stored = new
        case .taken(let taken):
          if let content = taken.content {
            await drop(blob)
            return try await compared(content, of: taken, order.expectation, stream)
          }
          stored = try await begin(order.expectation, order.contentType, blob, for: taken.id)
        }
      } catch {
        await drop(blob)
        throw error
      }
      return Outcome(stored: try await fill(stored, blob, stream, order.expectation.digest))
    }
  }

  /// Takes the whole content of an artifact in that was named before.
  func upload(
    into stored: StoredArtifact, _ size: Int64, _ digest: ContentDigest?,
    _ body: any HTTPBodySource
  ) async throws(Problem) -> Outcome {
    let stream = ContentStream(ports: ports, body: body, size: size)
    var expectation: Artifact.Expectation
    switch stored.artifact.phase {
    case .ready(let content, _, _, _):
      return try await compared(content, of: stored, .init(size: size, digest: digest), stream)
    case .pending(let announced, _, _): expectation = announced
    case .removing: throw Problem(.gone, stored.id)
    }
    guard size == expectation.size,
      digest == nil || expectation.digest == nil
        || digest == expectation.digest
    else { throw Problem(.wrongContent(expectation), stored.id) }
    expectation.digest = expectation.digest ?? digest
    let contentType = stored.record.contentType
    return try await gated { () throws(Problem) in
      let blob = try await newBlob(stored.place, contentType, inParts: size > partBytes)
      let begun: StoredArtifact
      do throws(Problem) {
        begun = try await begin(expectation, contentType, blob, for: stored.id)
      } catch {
        await drop(blob)
        throw error
      }
      // Who named it may try again; nobody else waits for it.
      return Outcome(stored: try await content(of: begun, blob, stream, expectation.digest))
    }
  }

  // MARK: Parts

  /// Takes one part of an artifact in that was named as larger than one part.
  func put(
    part number: Int, of stored: StoredArtifact, _ size: Int64, _ digest: ContentDigest?,
    _ body: any HTTPBodySource
  ) async throws(Problem) {
    let blob = try partBlob(of: stored)
    let layout = PartLayout(stored.record)
    guard let wanted = layout.length(of: number) else {
      throw Problem(
        422, "no-such-part", "artifact \(stored.id) has the parts 1 to \(layout.count)")
    }
    guard size == wanted else {
      throw Problem(
        422, "wrong-part",
        "part \(number) of artifact \(stored.id) has \(wanted) bytes, not \(size)")
    }
    try await gated { () throws(Problem) in
      let stream = ContentStream(ports: ports, body: body, size: size)
      let bytes = try await stream.part(digest)
      try await writer.put(part: number, of: blob.upload, bytes)
    }
  }

  /// Makes the artifact of its parts. Asking again answers the same.
  func complete(_ stored: StoredArtifact) async throws(Problem) -> Outcome {
    if stored.content != nil { return Outcome(stored: stored, wasThere: true) }
    let blob = try partBlob(of: stored)
    let content = try await writer.complete(
      blob.upload, parts: PartLayout(stored.record).count)
    let applied = try await desk.apply(.verified(key: blob.key, content), to: stored.id)
    guard let refusal = applied.refusal else {
      return Outcome(stored: try await cleaned(applied).stored)
    }
    if case .wrongContent = refusal { await giveUp(stored.id, blob) }
    throw Problem(refusal, stored.id)
  }

  private func partBlob(of stored: StoredArtifact) throws(Problem) -> Artifact.Blob {
    switch stored.artifact.phase {
    case .pending(_, let blob, _):
      guard !blob.upload.isEmpty else {
        throw Problem(
          409, "not-in-parts", "artifact \(stored.id) is small: send its content as a whole")
      }
      return blob
    case .ready(let content, _, _, _): throw Problem(.exists(content), stored.id)
    case .removing: throw Problem(.gone, stored.id)
    }
  }

  // MARK: Steps

  private var partBytes: Int64 { Int64(ports.configuration.partBytes) }

  private func gated<Answer>(
    _ body: () async throws(Problem) -> Answer
  ) async throws(Problem) -> Answer {
    guard gate.enter() else {
      throw Problem(
        429, "too-many-uploads-at-once", "too many uploads are under way; try again in a moment",
        fields: [HTTPField("Retry-After", "1")])
    }
    defer { gate.leave() }
    return try await body()
  }

  /// A key that nothing was ever written to.
  private func newBlob(
    _ place: ArtifactPlace, _ contentType: String, inParts: Bool
  ) async throws(Problem) -> Artifact.Blob {
    let random = SortableID(at: ports.context.time.now(), random: ports.context.randomness.next)
    let key = "\(place.namespace)/\(place.run?.text ?? "none")/\(random.text)"
    guard inParts else { return Artifact.Blob(key: key) }
    return Artifact.Blob(key: key, upload: try await writer.start(key, contentType: contentType))
  }

  /// Lets go of an upload that no row names.
  private func drop(_ blob: Artifact.Blob) async {
    guard !blob.upload.isEmpty else { return }
    _ = await writer.delete([blob])
  }

  private func begin(
    _ expectation: Artifact.Expectation, _ contentType: String, _ blob: Artifact.Blob,
    for id: ArtifactID
  ) async throws(Problem) -> StoredArtifact {
    let partBytes = partBytes
    let applied = try await desk.apply(.uploadBegun(expectation, blob), to: id) { record in
      record.contentType = contentType
      record.partBytes = partBytes
    }
    if let refusal = applied.refusal { throw Problem(refusal, id) }
    return applied.stored
  }

  /// For an artifact that this upload has named: it ends with the upload.
  private func fill(
    _ stored: StoredArtifact, _ blob: Artifact.Blob, _ stream: ContentStream,
    _ digest: ContentDigest?
  ) async throws(Problem) -> StoredArtifact {
    do throws(Problem) {
      return try await content(of: stored, blob, stream, digest)
    } catch {
      await giveUp(stored.id, blob)
      throw error
    }
  }

  private func content(
    of stored: StoredArtifact, _ blob: Artifact.Blob, _ stream: ContentStream,
    _ digest: ContentDigest?
  ) async throws(Problem) -> StoredArtifact {
    let content = try await stream.store(
      blob, contentType: stored.record.contentType, expected: digest)
    // Longer than those who upload wait before they begin again.
    if ports.context.probe.buggify("uploads.slow") {
      await ports.context.spawner.finish("slow upload") {
        try? await ports.context.time.sleep(for: .seconds(15))
      }
    }
    let applied = try await desk.apply(.verified(key: blob.key, content), to: stored.id)
    if let refusal = applied.refusal { throw Problem(refusal, stored.id) }
    return try await cleaned(applied).stored
  }

  /// Best effort: what is left is removed when its time is over.
  private func giveUp(_ id: ArtifactID, _ blob: Artifact.Blob) async {
    do throws(Problem) {
      _ = try await desk.apply(.givenUp(key: blob.key), to: id)
    } catch {
      ports.context.telemetry.log(
        .info, "upload.not-given-up", [("artifact", id.text), ("error", error.detail)])
    }
  }

  /// Deletes what earlier uploads have left, if the machine asks for it.
  private func cleaned(
    _ applied: ArtifactDesk.Applied
  ) async throws(Problem) -> ArtifactDesk.Applied {
    for case .deleteObjects(let blobs, _) in applied.effects { _ = await writer.delete(blobs) }
    return applied
  }

  /// Answers an upload for a name whose content is there.
  private func compared(
    _ content: Content, of stored: StoredArtifact, _ expectation: Artifact.Expectation,
    _ stream: ContentStream
  ) async throws(Problem) -> Outcome {
    guard expectation.size == content.size,
      expectation.digest == nil || expectation.digest == content.digest
    else { throw Problem(.exists(content), stored.id) }
    if expectation.digest == nil {
      guard try await stream.hash() == content else { throw Problem(.exists(content), stored.id) }
    }
    return Outcome(stored: stored, wasThere: true)
  }
}

/// How a large content is cut.
struct PartLayout: Hashable, Sendable {
  let size: Int64
  let partBytes: Int64

  init(_ record: ArtifactRecord) {
    size = record.size
    partBytes = max(record.partBytes, 1)
  }

  /// 0 for a content that is sent whole.
  var count: Int { size > partBytes ? Int(clamping: (size - 1) / partBytes + 1) : 0 }

  /// Nil when there is no such part.
  func length(of number: Int) -> Int64? {
    guard number >= 1, number <= count else { return nil }
    return min(partBytes, size - Int64(number - 1) * partBytes)
  }
}
