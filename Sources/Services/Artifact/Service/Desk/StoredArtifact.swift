internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// An artifact as it was read: the machine, what is written beside it, and the version.
struct StoredArtifact: Sendable {
  var artifact: Artifact
  var record: ArtifactRecord
  var version: CommitID

  init(_ row: Versioned<ArtifactRecord>, _ limits: ArtifactLimits) throws(Problem) {
    guard let artifact = row.record.artifact(limits) else {
      throw Problem(
        500, "unreadable", "the record of artifact \(row.record.artifact) cannot be understood")
    }
    self.artifact = artifact
    record = row.record
    version = row.version
  }

  var id: ArtifactID { artifact.id }
  var place: ArtifactPlace { artifact.place }

  /// What it holds, once it is verified.
  var content: Content? {
    switch artifact.phase {
    case .ready(let content, _, _, _): content
    case .pending, .removing: nil
    }
  }

  var isRemoving: Bool {
    switch artifact.phase {
    case .removing: true
    case .pending, .ready: false
    }
  }
}

/// The table from refusals of an artifact to public codes.
extension Problem {
  init(_ refusal: Artifact.Refusal, _ id: ArtifactID) {
    switch refusal {
    case .exists:
      self.init(
        409, "artifact-exists",
        "artifact \(id) has its content; content never changes: delete it or choose another name")
    case .superseded:
      self.init(409, "upload-superseded", "another upload of artifact \(id) has begun since")
    case .wrongContent(let expectation):
      let digest = expectation.digest.map { " and the SHA-256 \($0.hexadecimal)" } ?? ""
      self.init(
        422, "wrong-content",
        "the content is not what was announced: \(expectation.size) bytes\(digest)")
    case .tooManyUploads:
      self.init(
        409, "too-many-uploads",
        "artifact \(id) was uploaded too often without success: delete it and begin anew")
    case .gone:
      self = .notFound("artifact \(id)")
    }
  }
}
