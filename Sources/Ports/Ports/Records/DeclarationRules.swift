internal import Domain

/// What a declaration must be before it becomes SQL.
public enum DeclarationRules {
  public static let nameBytesMax = 60

  /// The first thing that is wrong with the declarations, or nil.
  public static func finding(in declarations: [TableDeclaration]) -> String? {
    var names: SortedSet<String> = []
    for declaration in declarations {
      guard names.insert(declaration.name) else {
        return "table \(declaration.name) is declared twice"
      }
      if let finding = finding(in: declaration) {
        return "table \(declaration.name): \(finding)"
      }
    }
    return nil
  }

  private static func finding(in declaration: TableDeclaration) -> String? {
    guard isName(declaration.name) else { return "its name is not lower-case words" }
    guard !declaration.key.isEmpty else { return "it has no key" }
    if let column = declaration.key.first(where: \.isNullable) {
      return "key column \(column.name) may be null"
    }
    var columns: SortedSet<String> = []
    for column in declaration.key + declaration.columns {
      guard isName(column.name) else { return "column \(column.name) is not lower-case words" }
      guard columns.insert(column.name) else {
        return "column \(column.name) is there twice"
      }
    }
    var indexes: SortedSet<String> = []
    for index in declaration.indexes {
      guard isName(index.name) else { return "index \(index.name) is not lower-case words" }
      guard indexes.insert(index.name) else { return "index \(index.name) is there twice" }
      guard !index.columns.isEmpty, SortedSet(index.columns).count == index.columns.count else {
        return "index \(index.name) needs columns, each once"
      }
      if let unknown = index.columns.first(where: { !columns.contains($0) }) {
        return "index \(index.name) names \(unknown), which is no column"
      }
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
      text.utf8.count <= nameBytesMax
    else { return false }
    return text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
    }
  }
}
