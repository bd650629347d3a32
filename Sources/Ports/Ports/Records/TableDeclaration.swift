/// A table as data: a backend builds itself from declarations and holds no SQL of any service.
public struct TableDeclaration: Hashable, Sendable {
  public enum ColumnType: Hashable, Sendable { case integer, text, bytes }

  public struct Column: Hashable, Sendable {
    public var name: String
    public var type: ColumnType
    public var isNullable: Bool

    public init(_ name: String, _ type: ColumnType, isNullable: Bool = false) {
      self.name = name
      self.type = type
      self.isNullable = isNullable
    }
  }

  public struct Index: Hashable, Sendable {
    public var name: String
    /// The order of the index; the key is added at the end as tie-break.
    public var columns: [String]
    /// No two rows have the same values, rows with a null apart. Unique columns never change.
    public var isUnique: Bool
    /// Rows whose first column is null are left out: an index of live rows only.
    public var isPartial: Bool

    public init(
      _ name: String, on columns: [String], isUnique: Bool = false, isPartial: Bool = false
    ) {
      self.name = name
      self.columns = columns
      self.isUnique = isUnique
      self.isPartial = isPartial
    }
  }

  /// Unique in the installation: `scheduler_task`.
  public var name: String
  /// The key, in order, never null.
  public var key: [Column]
  /// What indexes need beside the key. Everything else lives in the record's body.
  public var columns: [Column]
  public var indexes: [Index]

  public init(name: String, key: [Column], columns: [Column] = [], indexes: [Index] = []) {
    self.name = name
    self.key = key
    self.columns = columns
    self.indexes = indexes
  }
}

/// A row as a backend sees it: key and columns in the order of the declaration, and a body.
public struct Row: Hashable, Sendable {
  public var key: [RecordValue]
  public var columns: [RecordValue]
  /// The record, encoded; at most 1 MiB.
  public var body: [UInt8]

  public init(key: [RecordValue], columns: [RecordValue] = [], body: [UInt8] = []) {
    self.key = key
    self.columns = columns
    self.body = body
  }
}

/// A row with the id of the commit that wrote it.
public struct StoredRow: Hashable, Sendable {
  public var row: Row
  public var version: CommitID

  public init(row: Row, version: CommitID) {
    self.row = row
    self.version = version
  }
}
