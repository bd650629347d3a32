/// A Swift file, cut into what the rules look at.
struct SwiftSource: Sendable {
  let tokens: [Token]
  let comments: [Comment]
  /// For each bracket the index of its partner; -1 for other tokens and for brackets without one.
  let partners: [Int]
  /// In characters, without the line break.
  let lineLengths: [Int]
  let imports: [ImportDeclaration]
  let types: [TypeDeclaration]
  let functions: [FunctionDeclaration]

  init(_ bytes: [UInt8]) {
    let (tokens, comments) = Tokenizer.scan(bytes)
    let partners = Self.partners(of: tokens)
    let reader = DeclarationReader(tokens: tokens, partners: partners)
    self.tokens = tokens
    self.comments = comments
    self.partners = partners
    self.lineLengths = Self.lineLengths(of: bytes)
    self.imports = reader.imports()
    self.types = reader.types()
    self.functions = reader.functions()
  }

  /// The text of the token, or an empty one outside the file.
  func text(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].text : ""
  }

  /// Whether the functions of C can be called without naming a module.
  var importsC: Bool {
    imports.contains { ["Glibc", "Foundation", "CLinux"].contains($0.module) }
  }

  private static func partners(of tokens: [Token]) -> [Int] {
    var partners = [Int](repeating: -1, count: tokens.count)
    var open: [Int] = []
    for (index, token) in tokens.enumerated() where token.kind == .punctuation {
      switch token.text {
      case "(", "[", "{": open.append(index)
      case ")", "]", "}":
        if let start = open.popLast() {
          partners[start] = index
          partners[index] = start
        }
      default: break
      }
    }
    return partners
  }

  /// Characters are counted as Unicode scalars: close enough for a limit, and quick.
  private static func lineLengths(of bytes: [UInt8]) -> [Int] {
    var lengths: [Int] = []
    var length = 0
    for byte in bytes {
      if byte == 0x0A {
        lengths.append(length)
        length = 0
      } else if byte & 0xC0 != 0x80 {
        length += 1
      }
    }
    if length > 0 { lengths.append(length) }
    return lengths
  }
}
