internal import Ports

/// What parts an upload has: those that S3 took as such, and those that are objects.
struct PartList: Sendable {
  let client: S3Client
  let names: ObjectNames

  /// Parts 1…`count` in their order.
  ///
  /// - Throws: `.refused` when one is missing, or all are too large together.
  func plan(
    _ upload: String, _ head: UploadHead, count: Int
  ) async throws(S3Failure) -> UploadPlan {
    var parts = [PlannedPart?](repeating: nil, count: count)
    try await findDirect(upload, head, &parts)
    try await findOwn(upload, &parts)
    if let missing = parts.firstIndex(where: { $0 == nil }) {
      throw S3Failure(
        kind: .refused(
          code: "part-missing", "part \(missing + 1) of \(count) has not come"))
    }
    let plan = UploadPlan(parts: parts.compactMap(\.self))
    let bytesMax = client.configuration.objectBytesMax
    guard plan.size <= bytesMax else {
      throw S3Failure(
        kind: .refused(code: "too-large", "the parts have more than \(bytesMax) bytes together"))
    }
    return plan
  }

  private func findDirect(
    _ upload: String, _ head: UploadHead, _ parts: inout [PlannedPart?]
  ) async throws(S3Failure) {
    let name = names.content(upload, of: head.key)
    var place: String?
    repeat {
      let page = try await client.parts(of: head.direct, name, behind: place)
      for part in page.items where parts.indices.contains(part.number - 1) {
        parts[part.number - 1] = PlannedPart(
          number: part.number, size: part.size, place: .direct, tag: part.tag,
          checksum: part.checksum)
      }
      place = page.next
    } while place != nil
  }

  /// After the others: a small part counts in place of a large one.
  private func findOwn(
    _ upload: String, _ parts: inout [PlannedPart?]
  ) async throws(S3Failure) {
    var place: String?
    repeat {
      let page = try await client.list(names.parts(upload), from: place)
      for item in page.items {
        guard let number = names.partNumber(item.name, of: upload),
          parts.indices.contains(number - 1)
        else { continue }
        parts[number - 1] = PlannedPart(
          number: number, size: item.size, place: .own, tag: item.tag)
      }
      place = page.next
    } while place != nil
  }
}
