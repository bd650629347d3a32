internal import Contracts
internal import Domain
public import Ports

/// The tables of identity and access, as data.
public enum IAMTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    users.declaration, accounts.declaration, members.declaration, signIns.declaration,
    refreshes.declaration, tokens.declaration, invitations.declaration, namespaces.declaration,
    rings.declaration, installations.declaration, throttles.declaration, voids.declaration,
    voidCounts.declaration, audits.declaration, answers.declaration, secrets.declaration,
  ]

  static let users = Table<UserRecord>(
    TableDeclaration(
      name: "iam_user", key: [.init("name", .text)], columns: [.init("user", .text)],
      indexes: [.init("ids", on: ["user"], isUnique: true)]),
    key: { [.text($0.name)] }, columns: { [.text($0.id)] })

  static let accounts = Table<AccountRecord>(
    TableDeclaration(
      name: "iam_account", key: [.init("namespace", .text), .init("name", .text)]),
    key: { [.text($0.namespace), .text($0.name)] })

  static let members = Table<MemberRecord>(
    TableDeclaration(
      name: "iam_member", key: [.init("place", .text), .init("subject", .text)]),
    key: { [.text($0.place), .text($0.subject)] })

  static let signIns = Table<SignInRecord>(
    TableDeclaration(
      name: "iam_sign_in", key: [.init("sign_in", .text)],
      columns: [.init("user", .text), .init("deadline_us", .integer)],
      indexes: [
        .init("of_user", on: ["user"]), .init("deadlines", on: ["deadline_us"]),
      ]),
    key: { [.text($0.id)] }, columns: { [.text($0.userId), .integer($0.deadlineUs)] })

  static let refreshes = Table<RefreshRecord>(
    TableDeclaration(
      name: "iam_refresh", key: [.init("digest", .text)], columns: [.init("sign_in", .text)],
      indexes: [.init("of_sign_in", on: ["sign_in"])]),
    key: { [.text($0.digest)] }, columns: { [.text($0.signIn)] })

  static let tokens = Table<TokenRecord>(
    TableDeclaration(
      name: "iam_token", key: [.init("digest", .text)],
      columns: [
        .init("token", .text), .init("owner", .text), .init("deadline_us", .integer),
      ],
      indexes: [
        .init("ids", on: ["token"], isUnique: true), .init("of_owner", on: ["owner", "token"]),
        .init("deadlines", on: ["deadline_us"]),
      ]),
    key: { [.text($0.digest)] },
    columns: { [.text($0.id), .text($0.ownerId), .integer($0.deadlineUs)] })

  static let invitations = Table<InvitationRecord>(
    TableDeclaration(
      name: "iam_invitation", key: [.init("digest", .text)],
      columns: [.init("invitation", .text), .init("expires_us", .integer)],
      indexes: [
        .init("ids", on: ["invitation"], isUnique: true),
        .init("deadlines", on: ["expires_us"]),
      ]),
    key: { [.text($0.digest)] }, columns: { [.text($0.id), .integer($0.expiresAtUs)] })

  static let namespaces = Table<NamespaceRecord>(
    TableDeclaration(name: "iam_namespace", key: [.init("name", .text)]),
    key: { [.text($0.name)] })

  static let rings = Table<KeyRingRecord>(
    TableDeclaration(name: "iam_key_ring", key: [.init("ring", .text)]),
    key: { [.text($0.ring)] })

  static let installations = Table<InstallationRecord>(
    TableDeclaration(name: "iam_installation", key: [.init("installation", .text)]),
    key: { [.text($0.installation)] })

  static let throttles = Table<ThrottleRecord>(
    TableDeclaration(
      name: "iam_throttle", key: [.init("kind", .text), .init("subject", .text)],
      columns: [.init("deadline_us", .integer)],
      indexes: [.init("deadlines", on: ["deadline_us"])]),
    key: { [.text($0.kind), .text($0.subject)] }, columns: { [.integer($0.deadlineUs)] })

  static let voids = Table<VoidRecord>(
    TableDeclaration(
      name: "iam_void", key: [.init("subject", .text)],
      columns: [.init("at_us", .integer), .init("number", .integer)],
      indexes: [.init("times", on: ["at_us"]), .init("numbers", on: ["number"])]),
    key: { [.text($0.subject)] }, columns: { [.integer($0.atUs), .integer($0.number)] })

  static let voidCounts = Table<VoidCountRecord>(
    TableDeclaration(name: "iam_void_count", key: [.init("count", .text)]),
    key: { [.text($0.count)] })

  static let audits = Table<AuditRecord>(
    TableDeclaration(
      name: "iam_audit", key: [.init("entry", .text)], columns: [.init("namespace", .text)],
      indexes: [.init("of_namespace", on: ["namespace"])]),
    key: { [.text($0.id)] }, columns: { [.text($0.namespace)] })

  static let secrets = Table<SecretRecord>(
    TableDeclaration(
      name: "iam_secret", key: [.init("namespace", .text), .init("name", .text)]),
    key: { [.text($0.namespace), .text($0.name)] })

  static let answers = Table<AnswerRecord>(
    TableDeclaration(
      name: "iam_answer",
      key: [.init("principal", .text), .init("route", .text), .init("key", .text)],
      columns: [.init("created_us", .integer)], indexes: [.init("age", on: ["created_us"])]),
    key: { [.text($0.principal), .text($0.route), .text($0.key)] },
    columns: { [.integer($0.createdAtUs)] })
}
