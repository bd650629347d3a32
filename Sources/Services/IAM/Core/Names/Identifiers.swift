public import Domain

/// A user, whatever its name.
public struct UserID: PrefixedID {
  public static let prefix = "usr_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// A service account, whatever its name.
public struct AccountID: PrefixedID {
  public static let prefix = "sva_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One signing in of one user, with all the tokens that follow from it.
public struct SignInID: PrefixedID {
  public static let prefix = "sin_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// An API token, which is no secret: the secret is shown once and kept nowhere.
public struct TokenID: PrefixedID {
  public static let prefix = "tok_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// An invitation to register.
public struct InvitationID: PrefixedID {
  public static let prefix = "ivt_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// A key that signs access tokens: what `kid` names.
public struct KeyID: PrefixedID {
  public static let prefix = "key_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// What a user signs in with. Never changes and is never given anew while the user exists.
public struct UserName: SlugName {
  public let text: String
  public init(unchecked text: String) { self.text = text }
}

/// A service account: it belongs to a namespace, `ci@payments`.
public struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var namespace: NamespaceName
  public var name: String

  /// Nil unless `name` is a slug.
  public init?(_ name: some StringProtocol, in namespace: NamespaceName) {
    guard Slug.isValid(name) else { return nil }
    self.name = String(name)
    self.namespace = namespace
  }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let namespace = NamespaceName(parts[1]) else { return nil }
    self.init(parts[0], in: namespace)
  }

  public var description: String { "\(name)@\(namespace)" }

  public static func < (left: AccountName, right: AccountName) -> Bool {
    left.description < right.description
  }
}
