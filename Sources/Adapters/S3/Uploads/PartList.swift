internal import Ports

/// What parts an upload has.
struct PartList: Sendable {
  let client: S3Client
  let names: ObjectNames
  /// Parts that came through this process need no look.
  var known: RunningDigest?

  /// Parts 1…`count` in their order.
  ///
  /// - Throws: `.refused` when one is missing, or all are too large together.
  func plan(_ upload: String, count: Int) async throws(S3Failure) -> UploadPlan {
    let listed = try await list(upload, count: count)
    if let missing = listed.firstIndex(where: { $0 == nil }) {
      throw S3Failure(
        kind: .refused(
          code: "part-missing", "part \(missing + 1) of \(count) has not come"))
    }
    let plan = UploadPlan(parts: try await parts(listed.compactMap(\.self)))
    let bytesMax = client.configuration.objectBytesMax
    guard plan.size <= bytesMax else {
      throw S3Failure(
        kind: .refused(code: "too-large", "the parts have more than \(bytesMax) bytes together"))
    }
    return plan
  }

  private func list(
    _ upload: String, count: Int
  ) async throws(S3Failure) -> [ListedName?] {
    var listed = [ListedName?](repeating: nil, count: count)
    var place: String?
    repeat {
      let page = try await client.list(names.parts(upload), from: place)
      for item in page.items {
        guard let number = names.partNumber(item.name, of: upload),
          listed.indices.contains(number - 1)
        else { continue }
        listed[number - 1] = item
      }
      place = page.next
    } while place != nil
    return listed
  }

  /// What each of them is; some are asked for at once.
  private func parts(_ listed: [ListedName]) async throws(S3Failure) -> [PlannedPart] {
    let results = await withTaskGroup(of: (Int, Result<PlannedPart, S3Failure>).self) { group in
      var results = [Result<PlannedPart, S3Failure>?](repeating: nil, count: listed.count)
      for index in listed.indices {
        if index >= client.configuration.fanOutMax, let (place, result) = await group.next() {
          results[place] = result
          if case .failure = result { break }
        }
        group.addTask { (index, await part(listed[index], number: index + 1)) }
      }
      for await (place, result) in group { results[place] = result }
      return results
    }
    var parts: [PlannedPart] = []
    for result in results {
      if let result { parts.append(try result.get()) }
    }
    return parts
  }

  private func part(
    _ item: ListedName, number: Int
  ) async -> Result<PlannedPart, S3Failure> {
    if let part = known?.part(number, listedTag: item.tag) { return .success(part) }
    do throws(S3Failure) {
      let answer = try await client.head(item.name)
      if let noted = PlannedPart(noteOf: answer) { return .success(noted) }
      return .success(
        PlannedPart(number: number, size: item.size, place: .own, tag: item.tag))
    } catch {
      return .failure(error)
    }
  }
}
