public import Domain

/// Limits of labels on definitions and runs.
public enum RunLabels {
  public static let countMax = 32
  public static let keyBytesMax = 63
  public static let valueBytesMax = 255

  /// What is wrong with the labels, if anything.
  public static func fault(in labels: SortedMap<String, String>) -> String? {
    if labels.count > countMax {
      return "there are \(labels.count) labels; the limit is \(countMax)"
    }
    for (key, value) in labels {
      if !Slug.isValid(key) { return "the label '\(key.prefix(80))' is not \(Slug.rule)" }
      if value.utf8.count > valueBytesMax || value.utf8.contains(0) {
        return "the value of label '\(key)' is longer than \(valueBytesMax) bytes or has a NUL"
      }
    }
    return nil
  }
}
