/// Names and paths of files by which people have got out of the folder that they were given, as the
/// bytes that a client sends.
enum TraversalNames {
  /// To be refused wherever a name is expected, by what they are once percent signs are read.
  static var refused: [[UInt8]] {
    (climbing + devices + unseen).map { Array($0.utf8) } + overlong
  }

  /// Those of them that lead nowhere as a path: dots with something behind them are a name.
  static let goodPaths: [[UInt8]] = ["..;/x", "x/..;/y"].map { Array($0.utf8) }

  /// Odd, and no more than names: they may be taken, and then mean themselves.
  static let odd: [String] = [
    "%2e%2e", "%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "%252e%252e%252f", "..%c0%af", "~", "~root",
    "$HOME", "${IFS}", "`id`", "$(id)", ";id", "|id", "&id", "-rf", "--help", "*", "?", "[a-z]",
    "...x", "..x", "x..y", "x..y..z", ".htaccess", ".git", "<script>", "\"", "'", "a\"; x=\"y",
    "{{7*7}}", "${{ secrets.A }}", "%s%n", "a:b", "=1+1", "@x", "+1", "\u{ff0e}\u{ff0e}",
    "\u{ff0f}etc", "\u{2215}etc", "\u{2044}etc", "\u{29f8}etc", "a\u{a0}b", "．．／", "ⅱ", "ﬁle",
  ]

  private static let climbing: [String] = [
    "", ".", "..", "/", "//", "/etc/passwd", "//etc/passwd", "../", "../x", "../../x",
    "../../../../../../etc/passwd", "./x", "././x", "x/..", "x/../..", "x/../y", "x/./y", "x//y",
    "x/", "/x", "..\\x", "..\\..\\x", "x\\..\\y", "\\", "\\\\", "\\x", "C:\\x", "C:\\..\\x",
    "\\\\server\\share\\x", "\\\\?\\C:\\x", "\\\\.\\COM1", "..//x", "..///x", ".../../x",
    "....//x", "..;/x", "x/..;/y", "/..", "/../", "/./", "/.", "x\\", "..\\", "..\\/", "..\\/x",
    "../\\x", "file:///etc/passwd", "http://127.0.0.1/x", "s3://bucket/x", "x/../../y/..",
    "../x.png", "x/..\\..\\y", "/proc/self/environ", "/dev/null", "/var/run/../../etc/x",
    "x/.. /y", "x/ ../y", "x/...", "x /y", "x./y", "x/y.", "x/y ", " x", "x ", "x.", "..", ".. ",
    " ..", "...", "....", ". .", ". ",
  ]

  private static let devices: [String] = [
    "con", "CON", "Con", "con.txt", "prn", "PRN.log", "aux", "aux.tar.gz", "nul", "NUL", "nul.x",
    "com0", "com1", "COM9", "com3.txt", "lpt1", "LPT5.pdf", "conin$", "CONOUT$", "x/con/y",
    "x/nul",
  ]

  private static let unseen: [String] = [
    "x\u{0}", "x\u{0}.png", "\u{0}", "x\ny", "x\ry", "x\r\nSet-Cookie: y", "x\ty", "x\u{7f}",
    "x\u{1b}[2J", "x\u{8}y", "x\u{85}y", "\u{202e}gnp.exe", "x\u{202e}gpj.exe", "x\u{202d}y",
    "x\u{2066}y", "x\u{2067}y", "x\u{2068}y", "x\u{2069}y", "x\u{200e}y", "x\u{200f}y",
    "x\u{61c}y", "x\u{200b}y", "x\u{200c}y", "x\u{200d}y", "x\u{2060}y", "\u{feff}x", "x\u{ad}y",
    "x\u{2028}y", "x\u{2029}y", "x\u{fff9}y", "x\u{e000}y", "x\u{10ffff}", "x\u{e0041}",
    "e\u{301}", "\u{1100}\u{1161}", "\u{212b}", "\u{2126}", "\u{212a}elvin", "\u{f900}",
    "u\u{308}ber/../x", String(repeating: "x", count: 256), String(repeating: "é", count: 128),
    String(repeating: "../", count: 400) + "x", String(repeating: "a/", count: 33) + "a",
  ]

  /// What is not UTF-8 at all: dots and slashes with more bytes than they need, halves of pairs,
  /// and bytes that never occur.
  private static let overlong: [[UInt8]] = [
    [0xc0, 0xae], [0xc0, 0xae, 0xc0, 0xae], [0xc0, 0xae, 0xc0, 0xae, 0xc0, 0xaf],
    [0xc0, 0xae, 0xc0, 0xae, 0x2f, 0x78], [0x2e, 0x2e, 0xc0, 0xaf, 0x78], [0xc0, 0xaf],
    [0xe0, 0x80, 0xae], [0xe0, 0x80, 0xae, 0xe0, 0x80, 0xae, 0xe0, 0x80, 0xaf],
    [0xf0, 0x80, 0x80, 0xae], [0xf0, 0x80, 0x80, 0xaf], [0xf8, 0x80, 0x80, 0x80, 0xae],
    [0xfc, 0x80, 0x80, 0x80, 0x80, 0xae], [0xc1, 0x9c], [0xc0, 0x80], [0xe0, 0x80, 0x80],
    [0x78, 0xc0, 0x80, 0x2e, 0x70, 0x6e, 0x67], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80], [0xfe], [0xff], [0x80], [0xbf], [0x78, 0xc3],
    [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x2e], [0xe0, 0x2e], [0x2e, 0xc0],
  ]
}
