internal import ArtifactCore
internal import Contracts
internal import Domain

extension ArtifactRecord {
  /// A new artifact as it is first written.
  init(
    _ artifact: Artifact, contentType: String, principal: String, partBytes: Int, at now: Moment
  ) {
    self.init(
      artifact: artifact.id.text, namespace: artifact.place.namespace.text,
      run: artifact.place.run?.text ?? "",
      task: artifact.place.maker?.task.description ?? "",
      attempt: Int64(artifact.place.maker?.fence.number ?? 0), name: artifact.place.name,
      path: artifact.place.path, contentType: contentType, createdAtUs: now.microseconds,
      principal: principal, partBytes: Int64(partBytes))
    take(artifact)
  }

  /// Writes down how the artifact stands.
  mutating func take(_ artifact: Artifact) {
    stale = artifact.stale.map(ArtifactRecord.Object.init)
    untilUs = artifact.deadline?.microseconds
    switch artifact.phase {
    case .pending(let expectation, let blob, _):
      phase = .pending
      size = expectation.size
      digest = expectation.digest?.hexadecimal ?? ""
      object = ArtifactRecord.Object(blob)
    case .ready(let content, let blob, let at, _):
      phase = .ready
      size = content.size
      digest = content.digest.hexadecimal
      object = ArtifactRecord.Object(blob)
      readyAtUs = at.microseconds
    case .removing(let deletions, _):
      phase = .removing
      object = nil
      self.deletions = Int32(clamping: deletions)
    }
  }

  /// Nil for a record that this version does not understand.
  func artifact(_ limits: ArtifactLimits) -> Artifact? {
    guard let id = ArtifactID(text: artifact), let place, let phase = machinePhase else {
      return nil
    }
    return Artifact(
      id, place, phase: phase, stale: stale.map(Artifact.Blob.init), limits: limits)
  }

  private var place: ArtifactPlace? {
    guard let namespace = NamespaceName(namespace) else { return nil }
    var place = ArtifactPlace(namespace: namespace, name: name, path: path)
    if !run.isEmpty {
      guard let run = RunID(text: run) else { return nil }
      place.run = run
    }
    if !task.isEmpty {
      guard let task = TaskKey(text: task) else { return nil }
      place.maker = ArtifactPlace.Maker(task: task, fence: Fence(Int(clamping: attempt)))
    }
    return place
  }

  private var machinePhase: Artifact.Phase? {
    let until = untilUs.map(Moment.init(microseconds:))
    switch phase {
    case .pending:
      guard let object, let until, digest.isEmpty || ContentDigest(hexadecimal: digest) != nil
      else { return nil }
      return .pending(
        .init(size: size, digest: ContentDigest(hexadecimal: digest)), Artifact.Blob(object),
        until: until)
    case .ready:
      guard let object, let readyAtUs, let digest = ContentDigest(hexadecimal: digest) else {
        return nil
      }
      return .ready(
        Content(size: size, digest: digest), Artifact.Blob(object),
        at: Moment(microseconds: readyAtUs), until: until)
    case .removing:
      guard let until else { return nil }
      return .removing(deletions: Int(deletions), again: until)
    case .unspecified, .unrecognized:
      return nil
    }
  }
}

extension ArtifactRecord.Object {
  init(_ blob: Artifact.Blob) {
    self.init(key: blob.key, upload: blob.upload)
  }
}

extension Artifact.Blob {
  init(_ object: ArtifactRecord.Object) {
    self.init(key: object.key, upload: object.upload)
  }
}

extension ArtifactPlaceRecord {
  /// Nil for a place in no run: such places are never taken.
  init?(_ place: ArtifactPlace, _ artifact: ArtifactID) {
    guard let run = place.run else { return nil }
    self.init(
      namespace: place.namespace.text, run: run.text,
      task: place.maker?.task.description ?? "",
      attempt: Int64(place.maker?.fence.number ?? 0), name: place.name, path: place.path,
      artifact: artifact.text)
  }
}

extension ArtifactRunRecord {
  init(_ run: RunID, _ namespace: NamespaceName, _ retention: RunRetention) {
    self.init(run: run.text, namespace: namespace.text)
    take(retention)
  }

  mutating func take(_ retention: RunRetention) {
    untilUs = retention.deadline.microseconds
    switch retention.phase {
    case .open:
      phase = .open
      endedAtUs = nil
    case .ended(let at, _):
      phase = .ended
      endedAtUs = at.microseconds
    case .expired:
      phase = .expired
    }
  }

  /// Nil for a record that this version does not understand.
  func retention(_ limits: ArtifactLimits) -> RunRetention? {
    let until = Moment(microseconds: untilUs)
    switch phase {
    case .open:
      return RunRetention(phase: .open(check: until), limits: limits)
    case .ended:
      guard let endedAtUs else { return nil }
      return RunRetention(
        phase: .ended(at: Moment(microseconds: endedAtUs), until: until), limits: limits)
    case .expired:
      return RunRetention(phase: .expired(again: until), limits: limits)
    case .unspecified, .unrecognized:
      return nil
    }
  }
}
