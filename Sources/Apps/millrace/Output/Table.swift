/// Rows under upper-case heads, left-aligned.
struct Table {
  private var rows: [[String]]

  init(_ heads: [String]) {
    rows = [heads]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells)
  }

  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? Table.width($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      let last = row.lastIndex { !$0.isEmpty } ?? 0
      return row.prefix(last + 1).enumerated().map { column, cell in
        column == last
          ? cell : cell + String(repeating: " ", count: widths[column] - Table.width(cell) + 2)
      }.joined()
    }.joined(separator: "\n")
  }

  /// Columns on a terminal, colour sequences not counted.
  private static func width(_ text: String) -> Int {
    var count = 0
    var isEscape = false
    for character in text.unicodeScalars {
      if character == "\u{1b}" { isEscape = true }
      if !isEscape { count += 1 }
      if isEscape, character == "m" { isEscape = false }
    }
    return count
  }
}
