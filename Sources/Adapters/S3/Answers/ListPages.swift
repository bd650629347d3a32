internal import Domain

/// A name in the bucket, from a list.
struct ListedName: Hashable, Sendable {
  /// Whole, the prefix of the store included.
  var name: String
  var size: Int64
  var tag: String
  var changed: Moment
}

/// An upload of S3 that was neither completed nor aborted.
struct ListedUpload: Hashable, Sendable {
  var name: String
  var upload: String
  var begun: Moment
}

/// One page of a list, and where the next one begins; no next one at the end.
struct ListPage<Item: Sendable, Place: Sendable>: Sendable {
  var items: [Item]
  var next: Place?
}

extension ListPage where Item == ListedName, Place == String {
  /// Nil when the document is no such page.
  init?(_ document: XMLElement) {
    guard document.name == "ListBucketResult", let isCut = document.isCut else { return nil }
    items = []
    for element in document.all("Contents") {
      guard let name = element["Key"], let size = element.size, let tag = element["ETag"],
        let changed = element["LastModified"].flatMap({ Moment(text: $0) })
      else { return nil }
      items.append(
        ListedName(
          name: name, size: size, tag: tag.filter { $0 != "\"" }, changed: changed))
    }
    next = document["NextContinuationToken"]
    guard isCut else {
      next = nil
      return
    }
    // A page that says there is more and not where would be read for ever, or be the last one.
    guard next != nil else { return nil }
  }
}

extension ListPage where Item == ListedUpload, Place == [String] {
  /// The place is the name and the upload that the next page begins behind.
  init?(_ document: XMLElement) {
    guard document.name == "ListMultipartUploadsResult", let isCut = document.isCut else {
      return nil
    }
    items = []
    for element in document.all("Upload") {
      guard let name = element["Key"], let upload = element["UploadId"],
        let begun = element["Initiated"].flatMap({ Moment(text: $0) })
      else { return nil }
      items.append(ListedUpload(name: name, upload: upload, begun: begun))
    }
    guard isCut else { return }
    guard let name = document["NextKeyMarker"], !name.isEmpty else { return nil }
    next = [name, document["NextUploadIdMarker"] ?? ""]
  }
}

extension XMLElement {
  fileprivate var isCut: Bool? {
    switch self["IsTruncated"] {
    case "true": true
    case "false", nil: false
    default: nil
    }
  }

  fileprivate var size: Int64? {
    self["Size"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }
}
