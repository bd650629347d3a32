/// One operation of S3, before it is signed.
struct S3Call: Sendable {
  var method: TransferRequest.Method
  /// In the bucket, the prefix of the store included; the bucket itself when it is empty.
  var name: String
  var query: [(name: String, value: String)] = []
  /// Names in lower case.
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// Bytes of an answer that succeeds.
  var answerBytesMax = 0
  /// Whether an answer of success may still be an error: some operations of S3 begin to answer
  /// before they are done.
  var mayFailLate = false

  var isWrite: Bool { method != .get && method != .head }
}
