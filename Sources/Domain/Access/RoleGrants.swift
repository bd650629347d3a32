/// Which roles somebody holds: at most one in the whole installation and one in each namespace.
public struct RoleGrants: Hashable, Sendable {
  /// Namespaces in which one may hold a role of one's own: grants travel in access tokens, which
  /// have a size.
  public static let namespacesMax = 64

  public var installation: Role?
  public var namespaces: SortedMap<NamespaceName, Role>

  public init(installation: Role? = nil, namespaces: SortedMap<NamespaceName, Role> = [:]) {
    self.installation = installation
    self.namespaces = namespaces
  }

  public var isEmpty: Bool { installation == nil && namespaces.isEmpty }

  public subscript(place: GrantPlace) -> Role? {
    get {
      switch place {
      case .installation: installation
      case .namespace(let name): namespaces[name]
      }
    }
    set {
      switch place {
      case .installation: installation = newValue
      case .namespace(let name): namespaces[name] = newValue
      }
    }
  }
}

/// Where a role is held.
public enum GrantPlace: Hashable, Comparable, Sendable, CustomStringConvertible {
  case installation
  case namespace(NamespaceName)

  /// The namespace's name, or `*`, which is no name.
  public var text: String {
    switch self {
    case .installation: "*"
    case .namespace(let name): name.text
    }
  }

  public init?(text: some StringProtocol) {
    if text.utf8.elementsEqual("*".utf8) {
      self = .installation
    } else if let name = NamespaceName(text) {
      self = .namespace(name)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .installation: "the whole installation"
    case .namespace(let name): "namespace \(name)"
    }
  }

  public static func < (left: GrantPlace, right: GrantPlace) -> Bool { left.text < right.text }
}
