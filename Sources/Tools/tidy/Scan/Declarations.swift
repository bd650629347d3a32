struct ImportDeclaration: Hashable, Sendable {
  let module: String
  let line: Int
  /// `public`, `package`, `internal`, …, nil when none is written.
  let access: String?
}

/// A struct, class, enum, actor, protocol or type alias.
struct TypeDeclaration: Hashable, Sendable {
  let keyword: String
  let name: String
  let line: Int
  let isPublic: Bool
  let genericCount: Int
}

/// A function, initialiser, subscript, or a property with a body.
struct FunctionDeclaration: Hashable, Sendable {
  let keyword: String
  let name: String
  let line: Int
  /// 0 for properties.
  let parameterCount: Int
  /// The tokens from the keyword to the body or the end of the declaration.
  let signature: Range<Int>
  /// The tokens from the opening brace to the closing one, both included.
  let body: ClosedRange<Int>?
}
