internal import Domain
internal import Ports

/// Verbs about files of runs.
enum ArtifactVerbs {
  static let all: [Verb] = [list, get, put, verify, url]

  static let list = Verb(
    "artifact list", "List the files of a run, or those that belong to none",
    operands: "[RUN]", count: 0...1,
    options: [
      .init("task", value: "TASK", "files that this task made"),
      .init("attempt", value: "N", "files of this attempt"),
      .init("name", value: "NAME", "files of this name"),
      .init("state", value: "STATE", "ready (the default), pending or any"),
    ] + Verb.paging,
    examples: ["millrace artifact ls @last", "millrace artifact ls @last --task test -o json"]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      var query = [("name", call.value("name")), ("state", call.value("state"))]
      query += [("limit", call.value("limit")), ("cursor", call.value("cursor"))]
      var path = "/v1/artifacts"
      if call.operands.isEmpty {
        query.append(("namespace", call.value("namespace")))
      } else {
        let run = try await RunVerbs.runID(call.operand(0), client, call)
        path = "/v1/runs/\(run)/artifacts"
        query += [("task", call.value("task")), ("attempt", call.value("attempt"))]
      }
      let page = try await client.get(path, query: query)
      let items = page["items"]?.items ?? []
      form.print(items, name: id) { ArtifactText.table(items, now: client.time.now()) }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let get = Verb(
    "artifact get", "Fetch the content of a file, verified to the last byte",
    operands: "ARTIFACT", count: 1...1,
    options: [
      .init("to", value: "FILE", "where to put it, - for standard output (default: its own name)")
    ],
    examples: [
      "millrace artifact get art_01k… --to report.xml", "millrace artifact get art_01k… --to -",
    ]
  ) { call in
    try await withClient(call) { client in
      let artifact = try await client.get(path(call.operand(0)))
      let fetch = ArtifactFetch(client: client, artifact: artifact)
      let target = call.value("to") ?? artifact["fileName"]?.string ?? id(artifact)
      if target == "-" {
        try await fetch.run { bytes in Terminal.write(bytes, to: 1) }
        return .ok
      }
      // The name comes from whoever uploaded it: it must not write over anything unasked.
      guard call.value("to") != nil || !LocalFiles.exists(target) else {
        throw Failure(.conflict, "\(target) exists", hint: "say where to put it: --to FILE")
      }
      let draft = try FileDraft(target)
      do {
        try await fetch.run { bytes in try draft.write(bytes) }
        try draft.finish()
      } catch {
        draft.discard()
        throw error
      }
      if !call.has("quiet") { Terminal.note("\(target): \(ArtifactText.size(artifact))") }
      return .ok
    }
  }

  static let put = Verb(
    "artifact put", "Keep a file, with a run or without", operands: "FILE", count: 1...1,
    options: [
      .init("run", value: "RUN", "the run that it belongs to"),
      .init("name", value: "NAME", "its name (default: that of the file)"),
      .init("type", value: "TYPE", "its media type (default: application/octet-stream)"),
    ],
    examples: ["millrace artifact put data.csv", "millrace artifact put log.txt --run @last"]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let artifact = try await ArtifactPut(call: call, client: client).run()
      form.print(artifact, name: id) {
        "\(id(artifact)) \(ArtifactText.name(artifact)) \(ArtifactText.size(artifact))"
      }
      return .ok
    }
  }

  static let verify = Verb(
    "artifact verify", "Read files to the end and compare them with their SHA-256",
    operands: "ARTIFACT…", count: 1...1_000
  ) { call in
    try await withClient(call) { client in
      var code = ExitCode.ok
      for operand in call.operands {
        let artifact = try await client.get(path(operand))
        do {
          try await ArtifactFetch(client: client, artifact: artifact).run { _ in }
          Terminal.line("\(id(artifact)): ok")
        } catch let failure as Failure where failure.code == .failed {
          Terminal.line("\(id(artifact)): \(failure.what)")
          code = .failed
        }
      }
      return code
    }
  }

  static let url = Verb(
    "artifact url", "Make an address that gives the content to whoever has it, for a while",
    operands: "ARTIFACT", count: 1...1,
    options: [
      .init("expires", value: "LENGTH", "how long it works, such as 60s (default: the longest)"),
      .init("upload", "an address that takes the content instead"),
    ],
    examples: ["curl -OJ \"$(millrace artifact url art_01k…)\""]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let kind = call.has("upload") ? "upload-link" : "download-link"
      let body = call.value("expires").map { Value.object(["expiresIn": .string($0)]) }
      let link = try await client.post(
        path(call.operand(0)) + "/" + kind, body ?? .object([:]))
      let url = link["url"]?.string ?? ""
      form.print(link, name: { _ in url }) { url }
      return .ok
    }
  }

  static func path(_ id: String) -> String { "/v1/artifacts/\(Client.encoded(id))" }

  static func id(_ artifact: Value) -> String { artifact["id"]?.string ?? "" }
}

/// Artifacts as people read them.
enum ArtifactText {
  static func table(_ artifacts: [Value], now: Moment) -> String {
    var table = Table(["ARTIFACT", "NAME", "SIZE", "TASK", "ATTEMPT", "STATE", "AGE"])
    for artifact in artifacts {
      table.add([
        ArtifactVerbs.id(artifact), name(artifact), size(artifact),
        artifact["task"]?.string ?? "-", artifact["attempt"]?.number.map { "\($0)" } ?? "-",
        artifact["state"]?.string ?? "", Times.ago(artifact["createdAt"], now: now),
      ])
    }
    return table.text
  }

  static func name(_ artifact: Value) -> String {
    let path = artifact["path"]?.string.map { "/" + $0 } ?? ""
    return Terminal.neutralised((artifact["name"]?.string ?? "") + path)
  }

  static func size(_ artifact: Value) -> String {
    var size = artifact["size"]?.number ?? 0
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if size < 10_240 || unit == "GiB" { return "\(size) \(unit)" }
      size /= 1_024
    }
    return "\(size)"
  }
}
