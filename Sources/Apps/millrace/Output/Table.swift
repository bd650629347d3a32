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
      rows.map { column < $0.count ? Columns.width($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      let last = row.lastIndex { !$0.isEmpty } ?? 0
      return row.prefix(last + 1).enumerated().map { column, cell in
        column == last
          ? cell : cell + String(repeating: " ", count: widths[column] - Columns.width(cell) + 2)
      }.joined()
    }.joined(separator: "\n")
  }
}
