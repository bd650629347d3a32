internal import Composition
internal import Domain
internal import Ports

/// Brings a file to the server: named with its size and SHA-256 first, then sent whole or in parts,
/// never more than one part in memory. Calling it again goes on where nothing is lost.
struct ArtifactPut: Sendable {
  let call: Call
  let client: Client

  private static let pieceBytes = 1 << 20

  func run() async throws -> Value {
    let path = call.operand(0)
    let file = try FileReader(path)
    var order: [(String, Value)] = [
      ("name", .string(call.value("name") ?? name(of: path))), ("size", .integer(file.size)),
      ("sha256", .string(try digest(of: file))),
    ]
    if let type = call.value("type") { order.append(("contentType", .string(type))) }
    if let run = call.value("run") {
      order.append(("run", .string(try await RunVerbs.runID(run, client, call))))
    } else if let namespace = call.value("namespace") {
      order.append(("namespace", .string(namespace)))
    }
    let artifact = try await client.post("/v1/artifacts", .object(SortedMap(order)))
    if artifact["state"]?.string == "ready" { return artifact }
    let target = ArtifactVerbs.path(ArtifactVerbs.id(artifact))
    guard let parts = artifact["parts"]?.number, let partBytes = artifact["partBytes"]?.number,
      parts > 0, partBytes > 0
    else {
      return try await client.json(
        try await client.send(
          "PUT", target + "/content", body: try file.bytes(at: 0, count: Int(file.size))))
    }
    for part in 1...Int(parts) {
      let bytes = try file.bytes(at: Int64(part - 1) * Int64(partBytes), count: Int(partBytes))
      _ = try await client.send("PUT", target + "/parts/\(part)", body: bytes)
      if !call.has("quiet"), call.environment.isErrorTerminal {
        Terminal.note("part \(part) of \(parts)")
      }
    }
    return try await client.json(try await client.send("POST", target + "/complete"))
  }

  private func digest(of file: FileReader) throws -> String {
    let stream = ContentDigests.sha256.begin()
    var place: Int64 = 0
    while place < file.size {
      let piece = try file.bytes(at: place, count: ArtifactPut.pieceBytes)
      guard !piece.isEmpty else { throw file.changed }
      stream.update(piece)
      place += Int64(piece.count)
    }
    return ContentDigests.sha256.hexadecimal(digest: stream.finish())
  }

  private func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
