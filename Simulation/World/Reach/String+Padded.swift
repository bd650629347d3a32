extension String {
  /// With blanks behind it, at least one.
  public func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 1))
  }
}
