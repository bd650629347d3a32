internal import Domain
public import Ports

/// What the cases of `RecordStoreContract` need: a fresh, empty store with the tables of
/// `RecordStoreContract.tables`, whose faults are off.
public struct RecordStoreSubject: Sendable {
  public var store: any RecordStore
  /// The clock that the store waits by.
  public var time: any Time

  public init(_ store: any RecordStore, time: any Time) {
    self.store = store
    self.time = time
  }
}

/// The contract of `RecordStore`: the same cases for every backend.
///
/// Cases run alone on their store. They make tasks with task groups only, so that they may run
/// under the virtual kernel as well as on real executors.
public enum RecordStoreContract {
  /// Every case. `RecordHistory` adds the concurrent histories.
  public static let cases: [ContractCase<RecordStoreSubject>] =
    commitCases + versionCases + uniqueCases + orderCases + rangeCases + pageCases + limitCases
    + outboxCases + concurrencyCases

  public static let tables = [itemTable, rootTable, pairTable]

  /// A table with every kind of column and index.
  public static let itemTable = TableDeclaration(
    name: "contract_item",
    key: [.init("space", .text), .init("id", .text)],
    columns: [
      .init("state", .text), .init("rank", .integer, isNullable: true),
      .init("code", .text, isNullable: true), .init("mark", .bytes, isNullable: true),
    ],
    indexes: [
      .init("contract_item_by_state", on: ["space", "state", "rank"]),
      .init("contract_item_by_code", on: ["space", "code"], isUnique: true),
      .init("contract_item_live", on: ["rank"], isPartial: true),
      .init("contract_item_by_mark", on: ["mark"]),
    ])

  /// A table with nothing but a key.
  public static let rootTable = TableDeclaration(
    name: "contract_root", key: [.init("number", .integer)])

  /// A table whose key has bytes, and whose unique index is partial.
  public static let pairTable = TableDeclaration(
    name: "contract_pair",
    key: [.init("left", .bytes), .init("right", .integer)],
    columns: [.init("owner", .text, isNullable: true)],
    indexes: [
      .init("contract_pair_by_owner", on: ["owner"], isUnique: true, isPartial: true)
    ])
}

/// A row of `itemTable` with defaults; a case names only what it is about.
struct ContractItem {
  var id: String
  var space = "s"
  var state = "new"
  var rank: Int64?
  var code: String?
  var mark: [UInt8]?
  var body = "body"

  var key: [RecordValue] { [.text(space), .text(id)] }

  var row: Row {
    Row(
      key: key,
      columns: [
        .text(state), .optional(rank), .optional(code), mark.map(RecordValue.bytes) ?? .null,
      ],
      body: [UInt8](body.utf8))
  }

  var insert: RecordBatch.Entry { .init(table: ContractItem.table, .insert(row)) }

  func update(over version: CommitID) -> RecordBatch.Entry {
    .init(table: ContractItem.table, .update(row, over: version))
  }

  func delete(over version: CommitID) -> RecordBatch.Entry {
    .init(table: ContractItem.table, .delete(key: key, over: version))
  }

  func `guard`(at version: CommitID) -> RecordBatch.Entry {
    .init(table: ContractItem.table, .guard(key: key, at: version))
  }

  static let table = RecordStoreContract.itemTable.name
}

enum ContractRoot {
  static let table = RecordStoreContract.rootTable.name

  static func insert(_ number: Int64, body: String = "") -> RecordBatch.Entry {
    .init(table: table, .insert(Row(key: [.integer(number)], body: [UInt8](body.utf8))))
  }

  static func update(
    _ number: Int64, body: String = "", over version: CommitID
  ) -> RecordBatch.Entry {
    .init(
      table: table,
      .update(Row(key: [.integer(number)], body: [UInt8](body.utf8)), over: version))
  }

  static func `guard`(_ number: Int64, at version: CommitID) -> RecordBatch.Entry {
    .init(table: table, .guard(key: [.integer(number)], at: version))
  }
}

extension RecordStoreSubject {
  @discardableResult
  func commit(
    _ entries: [RecordBatch.Entry], _ messages: [OutboxMessage] = []
  ) async throws(StoreError) -> CommitID {
    try await store.commit(RecordBatch(entries: entries, messages: messages))
  }

  func item(_ id: String, space: String = "s") async throws -> StoredRow? {
    try await store.get(ContractItem.table, [[.text(space), .text(id)]]).first ?? nil
  }

  func root(_ number: Int64) async throws -> StoredRow? {
    try await store.get(ContractRoot.table, [[.integer(number)]]).first ?? nil
  }

  /// The ids of a page of items.
  func ids(_ query: RecordQuery) async throws -> [String] {
    try await store.query(query).rows.map(\.itemID)
  }

  /// All ids of a query, page by page.
  func allIDs(_ query: RecordQuery) async throws -> [String] {
    var (query, ids, pages) = (query, [String](), 0)
    while true {
      let page = try await store.query(query)
      ids += page.rows.map(\.itemID)
      pages += 1
      guard let next = page.next, pages < 10_000 else { return ids }
      query.after = next
    }
  }

  func expectConflict(
    _ what: String, line: UInt = #line, _ entries: [RecordBatch.Entry]
  ) async throws {
    try await expectThrows(what, line: line) {
      try await commit(entries)
    } matching: {
      (error: StoreError) in
      error == .conflict
    }
  }

  func expectRefused(
    _ what: String, line: UInt = #line, _ entries: [RecordBatch.Entry],
    messages: [OutboxMessage] = []
  ) async throws {
    try await expectThrows(what, line: line) {
      try await commit(entries, messages)
    } matching: { (error: StoreError) in
      error.isRefusal
    }
  }

  func expectRefused(_ what: String, line: UInt = #line, _ query: RecordQuery) async throws {
    try await expectThrows(what, line: line) {
      try await store.query(query)
    } matching: {
      (error: StoreError) in
      error.isRefusal
    }
  }
}

extension StoreError {
  var isRefusal: Bool {
    if case .refused = self { return true }
    return false
  }
}

extension StoredRow {
  var itemID: String {
    if row.key.count == 2, case .text(let id) = row.key[1] { return id }
    return "\(row.key)"
  }

  var bodyText: String { String(decoding: row.body, as: UTF8.self) }
}
