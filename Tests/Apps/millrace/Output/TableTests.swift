import Testing

@testable import millrace

struct TableTests {
  @Test func `columns are aligned by what is seen, and lines end with their last cell`() {
    var table = Table(["A", "STATE", "WHY"])
    table.add(["日本", "\u{1b}[32m✓ ok\u{1b}[0m", ""])
    table.add(["e\u{301}", "… no", "because"])
    #expect(
      table.text == """
        A     STATE  WHY
        日本  \u{1b}[32m✓ ok\u{1b}[0m
        e\u{301}     … no   because
        """)
  }

  @Test func `a cut text ends its colours`() {
    #expect(Columns.cut("plain text", to: 6) == "plain…")
    #expect(Columns.cut("plain", to: 5) == "plain")
    #expect(Columns.cut("\u{1b}[31mplain text\u{1b}[0m", to: 4) == "\u{1b}[31mpla…\u{1b}[0m")
    #expect(Columns.cut("日本語", to: 4) == "日…")
  }
}
