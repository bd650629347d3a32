/// An id with a prefix that names its kind: `run_01jd…`. The same id in logs, messages and links.
public protocol PrefixedID: Hashable, Comparable, Sendable, CustomStringConvertible {
  static var prefix: String { get }
  var id: SortableID { get }
  init(_ id: SortableID)
}

extension PrefixedID {
  public var text: String { id.text(after: Self.prefix) }
  public var description: String { text }

  public init(at moment: Moment, random: () -> UInt64) {
    self.init(SortableID(at: moment, random: random))
  }

  /// Nil unless `text` is the prefix followed by a sortable id.
  public init?(text: some StringProtocol) {
    // By bytes: a combining mark after the prefix would vanish with its last character.
    guard let id = SortableID(text: String(text), after: Self.prefix) else { return nil }
    self.init(id)
  }

  public static func < (left: Self, right: Self) -> Bool { left.id < right.id }
}

/// One execution of one version of a workflow.
public struct RunID: PrefixedID {
  public static let prefix = "run_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One life of a worker, from its registration to its end. A worker that lost its session gets
/// another one, and everything it held under the old one is lost.
public struct SessionID: PrefixedID {
  public static let prefix = "ses_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One process incarnation of a service, as an owner of partitions and leases.
public struct ProcessID: PrefixedID {
  public static let prefix = "prc_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One message on the bus; consumers drop what they have seen.
public struct MessageID: PrefixedID {
  public static let prefix = "msg_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One request at the edge, for logs and error documents.
public struct RequestID: PrefixedID {
  public static let prefix = "req_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One file that is kept, with its content: uploading again makes another artifact.
public struct ArtifactID: PrefixedID {
  public static let prefix = "art_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}
