/// One entry of the audit; sorts by its time.
public struct AuditID: PrefixedID {
  public static let prefix = "aud_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}
