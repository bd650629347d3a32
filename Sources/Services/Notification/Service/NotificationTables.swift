internal import Contracts
public import Ports

/// The tables of the notification service, as data.
public enum NotificationTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    namespaces.declaration, subscriptions.declaration, ends.declaration, streaks.declaration,
    deliveries.declaration,
  ]

  static let namespaces = Table<NotificationNamespaceRecord>(
    TableDeclaration(name: "notification_namespace", key: [.init("namespace", .text)]),
    key: { [.text($0.namespace)] })

  static let subscriptions = Table<SubscriptionRecord>(
    TableDeclaration(
      name: "notification_subscription", key: [.init("subscription", .text)],
      columns: [.init("namespace", .text), .init("name", .text)],
      indexes: [.init("names", on: ["namespace", "name"], isUnique: true)]),
    key: { [.text($0.subscription)] }, columns: { [.text($0.namespace), .text($0.name)] })

  static let ends = Table<NotifiedEndRecord>(
    TableDeclaration(
      name: "notification_end", key: [.init("run", .text), .init("revision", .integer)],
      columns: [.init("taken_us", .integer)], indexes: [.init("age", on: ["taken_us"])]),
    key: { [.text($0.run), .integer($0.revision)] }, columns: { [.integer($0.takenAtUs)] })

  static let streaks = Table<StreakRecord>(
    TableDeclaration(
      name: "notification_streak",
      key: [.init("namespace", .text), .init("workflow", .text), .init("subject", .text)]),
    key: { [.text($0.namespace), .text($0.workflow), .text($0.subject)] })

  static let deliveries = Table<DeliveryRecord>(
    TableDeclaration(
      name: "notification_delivery", key: [.init("delivery", .text)],
      columns: [
        .init("namespace", .text), .init("subscription", .text, isNullable: true),
        .init("created_us", .integer), .init("due_us", .integer, isNullable: true),
      ],
      indexes: [
        .init("due", on: ["due_us"], isPartial: true),
        .init("newest", on: ["namespace", "created_us"]),
        .init("of_subscription", on: ["subscription", "created_us"], isPartial: true),
        .init("age", on: ["created_us"]),
      ]),
    key: { [.text($0.delivery)] },
    columns: {
      [
        .text($0.namespace), .optional($0.subscription.isEmpty ? nil : $0.subscription),
        .integer($0.createdAtUs), .optional($0.dueUs),
      ]
    })
}

extension RecordStore {
  /// One record after every commit in doubt on it has been decided.
  func settle<Record>(
    _ table: Table<Record>, key: [RecordValue]
  ) async throws(StoreError) -> Versioned<Record>? {
    guard let row = try await settle(table.name, [key]).first ?? nil else { return nil }
    guard let record = table.record(row.row) else {
      throw .refused("a record of \(table.name) cannot be decoded")
    }
    return Versioned(record, at: row.version)
  }
}
