public import Wire

/// A table of one record type: how it becomes a row and comes back.
public struct Table<Record: WireMessage & Sendable>: Sendable {
  public let declaration: TableDeclaration
  let key: @Sendable (Record) -> [RecordValue]
  let columns: @Sendable (Record) -> [RecordValue]

  public init(
    _ declaration: TableDeclaration, key: @escaping @Sendable (Record) -> [RecordValue],
    columns: @escaping @Sendable (Record) -> [RecordValue] = { _ in [] }
  ) {
    self.declaration = declaration
    self.key = key
    self.columns = columns
  }

  public var name: String { declaration.name }

  public func row(_ record: Record) -> Row {
    Row(key: key(record), columns: columns(record), body: record.encoded())
  }

  /// Nil when the body cannot be read: a record from a broken writer.
  public func record(_ row: Row) -> Record? {
    try? Record(decoding: row.body)
  }

  public func insert(_ record: Record) -> RecordBatch.Entry {
    RecordBatch.Entry(table: name, .insert(row(record)))
  }

  public func update(_ record: Record, over version: CommitID) -> RecordBatch.Entry {
    RecordBatch.Entry(table: name, .update(row(record), over: version))
  }

  public func delete(_ key: [RecordValue], over version: CommitID) -> RecordBatch.Entry {
    RecordBatch.Entry(table: name, .delete(key: key, over: version))
  }

  public func `guard`(_ key: [RecordValue], at version: CommitID) -> RecordBatch.Entry {
    RecordBatch.Entry(table: name, .guard(key: key, at: version))
  }
}

/// A record with the version it was read at.
public struct Versioned<Record: Sendable>: Sendable {
  public var record: Record
  public var version: CommitID

  public init(_ record: Record, at version: CommitID) {
    self.record = record
    self.version = version
  }
}

extension RecordStore {
  /// The records of the keys. A body that cannot be read is `.refused`: it must not look absent.
  public func get<Record>(
    _ table: Table<Record>, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [Versioned<Record>?] {
    let rows = try await get(table.name, keys)
    var records: [Versioned<Record>?] = []
    records.reserveCapacity(rows.count)
    for row in rows {
      guard let row else {
        records.append(nil)
        continue
      }
      records.append(try table.versioned(row))
    }
    return records
  }

  /// One record, or nil.
  public func get<Record>(
    _ table: Table<Record>, key: [RecordValue]
  ) async throws(StoreError) -> Versioned<Record>? {
    try await get(table, [key]).first ?? nil
  }

  /// A page of records.
  public func query<Record>(
    _ table: Table<Record>, _ query: RecordQuery
  ) async throws(StoreError) -> (records: [Versioned<Record>], next: RecordCursor?) {
    let page = try await self.query(query)
    var records: [Versioned<Record>] = []
    records.reserveCapacity(page.rows.count)
    for row in page.rows { records.append(try table.versioned(row)) }
    return (records, page.next)
  }
}

extension Table {
  func versioned(_ row: StoredRow) throws(StoreError) -> Versioned<Record> {
    guard let record = record(row.row) else {
      throw .refused("a record of \(name) at \(row.row.key) cannot be decoded")
    }
    return Versioned(record, at: row.version)
  }
}
