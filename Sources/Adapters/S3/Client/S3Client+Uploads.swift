internal import Domain
internal import Ports

/// A part of an upload of S3 that becomes part of the object.
struct ChosenPart: Hashable, Sendable {
  var number: Int
  var tag: String
  /// Of its content, in base64. Not every server lists it, and all want it at the end.
  var checksum: String
}

/// The operations of S3 on uploads in parts.
extension S3Client {
  /// - Returns: what S3 calls the upload.
  func startUpload(
    _ name: String, _ fields: [(String, String)]
  ) async throws(S3Failure) -> String {
    let document = try await document(
      S3Call(
        method: .post, name: name, query: [("uploads", "")],
        fields: [("x-amz-checksum-algorithm", "SHA256")] + fields))
    guard document.name == "InitiateMultipartUploadResult", let upload = document["UploadId"],
      !upload.isEmpty
    else { throw .strange("the beginning of an upload") }
    return upload
  }

  func putPart(
    _ number: Int, of upload: String, _ name: String, _ bytes: [UInt8], digest sum: [UInt8]
  ) async throws(S3Failure) -> ChosenPart {
    let checksum = Base64.standard.text(sum)
    let answer = try await send(
      S3Call(
        method: .put, name: name,
        query: [("partNumber", "\(number)"), ("uploadId", upload)],
        fields: [("x-amz-checksum-sha256", checksum)], body: bytes), payload: sum)
    guard !answer.tag.isEmpty else { throw .strange("the tag of a part") }
    return ChosenPart(number: number, tag: answer.tag, checksum: checksum)
  }

  /// Makes the object of these parts.
  ///
  /// S3 may say success at once and an error later in the same answer.
  func completeUpload(
    _ upload: String, _ name: String, _ parts: [ChosenPart]
  ) async throws(S3Failure) {
    let list = parts.map { part in
      "<Part><PartNumber>\(part.number)</PartNumber><ETag>&quot;\(part.tag)&quot;</ETag>"
        + "<ChecksumSHA256>\(part.checksum)</ChecksumSHA256></Part>"
    }
    let body =
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      + list.joined() + "</CompleteMultipartUpload>"
    var call = S3Call(
      method: .post, name: name, query: [("uploadId", upload)], body: [UInt8](body.utf8))
    call.mayFailLate = true
    let document = try await document(call)
    guard document.name == "CompleteMultipartUploadResult" else {
      throw .strange("the end of an upload")
    }
  }

  /// Unknown uploads are fine.
  func abortUpload(_ upload: String, _ name: String) async throws(S3Failure) {
    do throws(S3Failure) {
      _ = try await send(S3Call(method: .delete, name: name, query: [("uploadId", upload)]))
    } catch {
      guard error.kind == .uploadAbsent || error.kind == .absent else { throw error }
    }
  }

  /// Uploads of S3 under way at names that begin so.
  func uploads(
    _ prefix: String, behind place: [String]?
  ) async throws(S3Failure) -> ListPage<ListedUpload, [String]> {
    var query = [
      ("uploads", ""), ("prefix", prefix), ("max-uploads", "\(configuration.pageNamesMax)"),
    ]
    if let place {
      query += [("key-marker", place[0]), ("upload-id-marker", place[1])]
    }
    let document = try await document(S3Call(method: .get, name: "", query: query))
    guard let page = ListPage<ListedUpload, [String]>(document) else { throw .strange("uploads") }
    return page
  }
}
