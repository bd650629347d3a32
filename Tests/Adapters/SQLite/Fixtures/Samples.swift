import Ports
import SystemAdapter

@testable import SQLiteAdapter

extension TableDeclaration {
  /// A table with every kind of index.
  static let sample = TableDeclaration(
    name: "sample", key: [Column("space", .text), Column("number", .integer)],
    columns: [
      Column("word", .text), Column("due", .integer, isNullable: true),
      Column("mark", .bytes, isNullable: true), Column("code", .text, isNullable: true),
    ],
    indexes: [
      Index("by_word", on: ["word"]), Index("live", on: ["due", "word"], isPartial: true),
      Index("by_due", on: ["space", "due"]), Index("by_mark", on: ["mark", "due"]),
      Index("code", on: ["code"], isUnique: true), Index("back", on: ["number", "word"]),
    ])

  /// The smallest table.
  static let plain = TableDeclaration(name: "plain", key: [Column("id", .integer)])
}

extension Row {
  /// What the columns of a sample row hold.
  struct Sample {
    var word = "w"
    var due: Int64?
    var mark: [UInt8]?
    var code: String?
  }

  static func sample(
    _ number: Int64, space: String = "a", _ sample: Sample = Sample(), body: [UInt8] = []
  ) -> Row {
    Row(
      key: [.text(space), .integer(number)],
      columns: [
        .text(sample.word), .optional(sample.due),
        sample.mark.map(RecordValue.bytes) ?? .null, .optional(sample.code),
      ], body: body)
  }

  static func plain(_ id: Int64, _ body: [UInt8] = []) -> Row {
    Row(key: [.integer(id)], body: body)
  }
}

extension RecordBatch {
  static func inserting(_ table: TableDeclaration, _ rows: Row...) -> RecordBatch {
    RecordBatch(entries: rows.map { Entry(table: table.name, .insert($0)) })
  }
}

/// A store in memory or in `directory`, with its engine.
func makeStore(
  in directory: String? = nil, tables: [TableDeclaration] = [.sample, .plain],
  adjust: (inout SQLiteConfiguration) -> Void = { _ in }
) async throws -> (engine: SQLiteEngine, store: SQLiteRecordStore) {
  var configuration = SQLiteConfiguration(directory.map { .directory($0) } ?? .memory)
  // A process that another test forks has our descriptors until it closes them: it may keep the
  // lock of a directory for a moment after we have given it up.
  configuration.lockWait = .seconds(3)
  adjust(&configuration)
  let engine = try await SQLiteEngine.open(configuration)
  let store = try await SQLiteRecordStore.open(
    engine, tables: tables, randomness: SystemRandomness())
  return (engine, store)
}

/// The store error that the call threw, or nil.
func storeFailure<Answer>(_ body: () async throws -> Answer) async -> StoreError? {
  do {
    _ = try await body()
    return nil
  } catch {
    return error as? StoreError
  }
}
