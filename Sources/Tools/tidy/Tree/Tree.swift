/// Everything that the rules look at, read once.
struct Tree: Sendable {
  /// A Swift file below `Sources`, `Simulation` or `Tests`.
  struct SwiftFile: Sendable {
    let place: Place
    let source: SwiftSource

    var path: String { place.path }
  }

  /// Any other text of the project: pages, scripts, C, contracts.
  struct TextFile: Sendable {
    let path: String
    let lines: [Substring]
  }

  let swift: [SwiftFile]
  let texts: [TextFile]
  /// Nil when the tree was read without its manifest.
  let manifest: Manifest?
  let exceptions: ExceptionList

  static let exceptionsPath = "Sources/Tools/tidy/exceptions.txt"

  init(files: [(path: String, bytes: [UInt8])], manifest: Manifest? = nil) {
    var swift: [SwiftFile] = []
    var texts: [TextFile] = []
    var exceptions = ExceptionList(text: "")
    for (path, bytes) in files.sorted(by: { $0.path < $1.path }) {
      if path.hasSuffix(".swift"), path.contains("/") {
        swift.append(SwiftFile(place: Place(path), source: SwiftSource(bytes)))
        continue
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if path == Self.exceptionsPath { exceptions = ExceptionList(text: text) }
      texts.append(
        TextFile(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
    }
    self.swift = swift
    self.texts = texts
    self.manifest = manifest
    self.exceptions = exceptions
  }

  /// The names of the C libraries' modules.
  var libraries: Set<String> {
    var names: Set<String> = []
    for text in texts where text.path.hasPrefix("Sources/CLibraries/") {
      if let name = text.path.split(separator: "/").dropFirst(2).first {
        names.insert(String(name))
      }
    }
    return names
  }
}
