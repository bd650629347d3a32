internal import Domain
internal import Ports

/// One walk through everything in the bucket.
struct Sweep: Sendable {
  let client: S3Client
  let names: ObjectNames
  /// What changed later stays.
  let before: Moment

  func run() async throws(S3Failure) -> Int {
    let uploads = try await removeUploads()
    let parts = try await removeDirectUploads()
    return try await uploads + parts + removeContents()
  }

  /// Heads stand before parts: half a removal does not look like an upload.
  private func removeUploads() async throws(S3Failure) -> Int {
    try await walk(names.uploads) { page in
      let old = page.filter { $0.changed < before }.map(\.name)
      let heads = old.filter { $0.hasSuffix("/head") }
      let gone = await client.delete(all: heads)
      return await gone + client.delete(all: old.filter { !$0.hasSuffix("/head") })
    }
  }

  /// Uploads of S3, which are in no list of objects.
  private func removeDirectUploads() async throws(S3Failure) -> Int {
    var removed = 0
    var place: [String]?
    repeat {
      let page = try await client.uploads(names.objects, behind: place)
      for item in page.items where item.begun < before {
        guard let (_, content) = names.content(item.name), await isUnknown(content) else {
          continue
        }
        // One that cannot be removed now must not keep the others.
        do throws(S3Failure) {
          try await client.abortUpload(item.upload, item.name)
          removed += 1
        } catch {
          if error.kind == .cancelled { throw error }
        }
      }
      place = page.next
    } while place != nil
    return removed
  }

  func removeContents() async throws(S3Failure) -> Int {
    try await walk(names.objects) { page in
      var orphans: [String] = []
      for item in page where item.changed < before {
        guard let (key, content) = names.content(item.name) else { continue }
        if await isOrphan(content, of: key) { orphans.append(item.name) }
      }
      return await client.delete(all: orphans)
    }
  }

  /// Whether surely nobody is going to make an object of the content: S3 counts its age from the
  /// beginning of its upload, which may be completed right now.
  private func isUnknown(_ content: String) async -> Bool {
    do throws(S3Failure) {
      _ = try await client.head(names.head(String(content.prefix(32))))
      return false
    } catch {
      return error.kind == .absent
    }
  }

  /// Whether surely no object points to the content, and none is going to.
  private func isOrphan(_ content: String, of key: String) async -> Bool {
    do throws(S3Failure) {
      let there = try await client.head(names.object(key))
      guard let mark = ObjectMark(there), mark.content != content else { return false }
    } catch {
      guard error.kind == .absent else { return false }
    }
    return await isUnknown(content)
  }

  private func walk(
    _ prefix: String, _ remove: ([ListedName]) async -> Int
  ) async throws(S3Failure) -> Int {
    var removed = 0
    var place: String?
    repeat {
      let page = try await client.list(prefix, from: place)
      removed += await remove(page.items)
      place = page.next
    } while place != nil
    return removed
  }
}
