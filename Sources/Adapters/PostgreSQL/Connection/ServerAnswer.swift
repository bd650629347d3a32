internal import CPostgreSQL

/// What the server has answered to one call. The library's own memory: it never changes.
final class ServerAnswer: @unchecked Sendable {
  private let result: OpaquePointer

  /// Takes the result over.
  init(_ result: OpaquePointer) {
    self.result = result
  }

  deinit { PQclear(result) }

  var rowCount: Int { Int(PQntuples(result)) }

  func isNull(_ row: Int, _ column: Int) -> Bool {
    PQgetisnull(result, Int32(row), Int32(column)) != 0
  }

  /// 0 when it is no number of eight bytes, as a null is.
  func integer(_ row: Int, _ column: Int) -> Int64 {
    BinaryForm.integer(raw(row, column)) ?? 0
  }

  func bytes(_ row: Int, _ column: Int) -> [UInt8] { Array(raw(row, column)) }

  func text(_ row: Int, _ column: Int) -> String {
    String(decoding: raw(row, column), as: UTF8.self)
  }

  private func raw(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: PQgetvalue(result, Int32(row), Int32(column)),
      count: Int(PQgetlength(result, Int32(row), Int32(column))))
  }
}
