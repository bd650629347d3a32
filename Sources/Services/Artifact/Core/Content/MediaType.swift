/// The type of a content, as its sender says and as it is given out.
public enum MediaType {
  public static let unknown = "application/octet-stream"
  public static let bytesMax = 127

  /// Types that are given out as they are. Whatever a browser could run or render with a life of
  /// its own is not among them.
  private static let passed: [String] = [
    "application/gzip", "application/json", "application/pdf", "application/x-ndjson",
    "application/x-tar", "application/yaml", "application/zip", "application/zstd", "image/gif",
    "image/jpeg", "image/png", "image/webp", "text/csv", "text/markdown", "text/plain",
  ]

  /// `type/subtype` in lower case; nil for what is no media type. Parameters are left out.
  public static func read(_ text: String) -> String? {
    let essence = text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, essence.utf8.count <= bytesMax,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) })
    else { return nil }
    return essence
  }

  /// What a stored type is given out as.
  public static func served(_ type: String) -> String {
    passed.contains(type) ? type : unknown
  }

  /// RFC 9110 §5.6.2, in lower case.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
