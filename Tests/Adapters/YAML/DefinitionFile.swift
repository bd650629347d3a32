import Domain
import Foundation
import YAMLAdapter

/// A file below Tests/Definitions with what its leading comments say about it.
///
/// `# expect: CODE LINE:COLUMN PART OF THE HINT` stands once for each finding, in their order.
/// `# engine: model` reads the file for an engine that carries out all that the model holds.
struct DefinitionFile: CustomStringConvertible, Sendable {
  struct Expectation: Hashable, Sendable {
    var place: String
    var hint: String
  }

  let name: String
  let bytes: [UInt8]

  var description: String { name }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Definitions").standardizedFileURL

  /// The files of a folder in the order of their names.
  static func all(in kind: String) -> [DefinitionFile] {
    let folder = folder.appending(path: kind)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".yaml") }.compactMap { name in
      (try? Foundation.Data(contentsOf: folder.appending(path: name))).map { bytes in
        DefinitionFile(name: name, bytes: Array(bytes))
      }
    }
  }

  var expectations: [Expectation] {
    comments("expect").map { comment in
      let words = comment.split(separator: " ", maxSplits: 2)
      return Expectation(
        place: words.prefix(2).joined(separator: " "),
        hint: words.count > 2 ? String(words[2]) : "")
    }
  }

  private func comments(_ kind: String) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix { $0.hasPrefix("# ") }
      .filter { $0.hasPrefix("# \(kind): ") }.map { $0.dropFirst(kind.count + 4) }
  }

  /// What the scanner or the reader says about it.
  var reading: DefinitionReading {
    let engine = comments("engine").contains("model") ? EngineSupport.model : .current
    do {
      let events = try LibYAMLScanner().scan(bytes)
      return DefinitionReader(engine: engine).read(events)
    } catch {
      return DefinitionReading(definition: nil, findings: [error], findingsCount: 1)
    }
  }
}

extension Finding {
  var place: String { "\(code) \(position.line):\(position.column)" }
}

/// Reads a definition from its text, for an engine that carries out all that the model holds.
func read(_ text: String, limits: DefinitionLimits = DefinitionLimits()) -> DefinitionReading {
  do {
    let events = try LibYAMLScanner().scan(Array(text.utf8))
    return DefinitionReader(limits: limits, engine: .model).read(events)
  } catch {
    return DefinitionReading(definition: nil, findings: [error], findingsCount: 1)
  }
}
