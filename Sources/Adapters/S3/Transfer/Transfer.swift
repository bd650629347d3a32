internal import CCurl
internal import Glibc
internal import SystemAdapter

/// One transfer of libcurl for one exchange. Confined to the loop; libcurl calls it there.
final class Transfer {
  let exchange: TransferExchange
  let handle: UnsafeMutableRawPointer
  private let limits: TransferLimits
  private var list: UnsafeMutablePointer<curl_slist>?
  private var setting = CURLE_OK
  private var sent = 0
  private var headBytes = 0
  private var answer = TransferAnswer(status: 0)
  private var isHeadWhole = false
  private var isTooLarge = false

  /// - Returns: nil when there is no memory for it.
  init?(_ exchange: TransferExchange, _ limits: TransferLimits) {
    guard let handle = curl_easy_init() else { return nil }
    self.exchange = exchange
    self.handle = handle
    self.limits = limits
    setPlace()
    setFields()
    setMethod()
    listen()
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(list)
  }

  /// Whether libcurl took every setting.
  var isReady: Bool { setting == CURLE_OK }

  /// What came of it.
  func outcome(_ result: CURLcode) -> TransferExchange.Outcome {
    if result == CURLE_OK, !isHeadWhole {
      // libcurl takes a head that was cut for one that has ended.
      return .failure(.lost("the head of the answer was cut"))
    }
    if result == CURLE_OK {
      answer.status = millrace_curl_get_number(handle, CURLINFO_RESPONSE_CODE)
      let isWhole = sent == exchange.request.body.count || !(200...299).contains(answer.status)
      return isWhole ? .success(answer) : .failure(.lost("success before the body was sent"))
    }
    if isTooLarge, (200...299).contains(answer.status) {
      let length = millrace_curl_get_large(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
      return .failure(.tooLarge(length > 0 ? Int64(length) : nil))
    }
    let message = String(cString: curl_easy_strerror(result))
    // A body that has not left whole is no request: its length was announced.
    let hasLeft =
      millrace_curl_get_number(handle, CURLINFO_REQUEST_SIZE) > 0
      && sent == exchange.request.body.count
    return .failure(hasLeft ? .lost(message) : .unsent(message))
  }

  // MARK: Settings

  private func setPlace() {
    set(CURLOPT_URL, exchange.request.url)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_PROTOCOLS_STR, limits.isSecure ? "https" : "http")
    set(CURLOPT_HTTP_VERSION, 2)  // CURL_HTTP_VERSION_1_1
    set(CURLOPT_HTTP09_ALLOWED, 0)
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_MAXAGE_CONN, limits.idleConnectionSeconds)
    // libcurl reads up to a hundred of them before others have their turn on the loop.
    set(CURLOPT_BUFFERSIZE, 128 << 10)
    // A look-up of a name that goes on is left behind: waiting for it would hold up the loop.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, limits.connectMilliseconds)
    set(CURLOPT_TIMEOUT_MS, limits.answerMilliseconds)
    if let file = limits.authoritiesFile { set(CURLOPT_CAINFO, file) }
  }

  private func setFields() {
    // Without the first two libcurl would add wishes of its own.
    let lines =
      ["Expect:", "Accept:"]
      + exchange.request.fields.filter { $0.name != "host" && $0.name != "content-length" }
      .map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    for line in lines {
      guard let longer = curl_slist_append(list, line) else { return note(CURLE_OUT_OF_MEMORY) }
      list = longer
    }
    note(millrace_curl_set_list(handle, CURLOPT_HTTPHEADER, list))
  }

  private func setMethod() {
    switch exchange.request.method {
    case .get: break
    case .head: set(CURLOPT_NOBODY, 1)
    case .delete: set(CURLOPT_CUSTOMREQUEST, "DELETE")
    case .put, .post:
      set(CURLOPT_UPLOAD, 1)
      set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
      set(CURLOPT_CUSTOMREQUEST, exchange.request.method.rawValue)
      let length = curl_off_t(exchange.request.body.count)
      note(millrace_curl_set_large(handle, CURLOPT_INFILESIZE_LARGE, length))
      note(
        millrace_curl_set_bytes_function(handle, CURLOPT_READFUNCTION) {
          bytes, size, count, owner in
          guard let bytes, let owner else { return 0 }
          return Transfer.of(owner).give(bytes, size * count)
        })
      note(millrace_curl_set_pointer(handle, CURLOPT_READDATA, owner))
      note(
        millrace_curl_set_seek_function(handle) { owner, offset, origin in
          guard let owner, origin == SEEK_SET else { return 1 }
          return Transfer.of(owner).rewind(to: Int(offset))
        })
      note(millrace_curl_set_pointer(handle, CURLOPT_SEEKDATA, owner))
    }
  }

  private func set(_ option: CURLoption, _ number: Int) {
    note(millrace_curl_set_number(handle, option, number))
  }

  private func set(_ option: CURLoption, _ text: String) {
    note(millrace_curl_set_text(handle, option, text))
  }

  private func note(_ code: CURLcode) {
    if setting == CURLE_OK { setting = code }
  }

  private var owner: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private static func of(_ owner: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
  }

  // MARK: What libcurl asks

  private func listen() {
    note(
      millrace_curl_set_bytes_function(handle, CURLOPT_HEADERFUNCTION) {
        bytes, size, count, owner in
        guard let bytes, let owner else { return 0 }
        return Transfer.of(owner).takeHead(
          UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
    note(millrace_curl_set_pointer(handle, CURLOPT_HEADERDATA, owner))
    note(
      millrace_curl_set_bytes_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
        guard let bytes, let owner else { return 0 }
        return Transfer.of(owner).takeBody(
          UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
    note(millrace_curl_set_pointer(handle, CURLOPT_WRITEDATA, owner))
  }

  /// A count that is not the one given ends the transfer.
  private func takeHead(_ line: UnsafeRawBufferPointer) -> Int {
    headBytes += line.count
    guard headBytes <= limits.headBytesMax else { return 0 }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // The beginning of an answer; whatever came before it was not the final one.
      answer.fields = []
      isHeadWhole = false
    } else if text == "\r\n" || text == "\n" {
      isHeadWhole = true
    } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
      guard answer.fields.count < limits.fieldsMax else { return 0 }
      let value = text[text.index(after: colon)...].trimmed
      answer.fields.append((text[..<colon].lowercased(), String(value)))
    }
    return line.count
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if answer.body.isEmpty { begin() }
    guard answer.body.count + bytes.count <= bodyBytesMax else {
      isTooLarge = true
      return 0
    }
    answer.body.append(contentsOf: bytes)
    return bytes.count
  }

  /// What the peer announces is believed as far as it is allowed.
  private func begin() {
    answer.status = millrace_curl_get_number(handle, CURLINFO_RESPONSE_CODE)
    let length = Int(millrace_curl_get_large(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T))
    if length > 0 { answer.body.reserveCapacity(min(length, bodyBytesMax)) }
  }

  private var bodyBytesMax: Int {
    (200...299).contains(answer.status) ? exchange.request.answerBytesMax : limits.documentBytesMax
  }

  private func give(_ bytes: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    let body = exchange.request.body
    let count = min(room, body.count - sent)
    body.withUnsafeBytes { all in
      guard let start = all.baseAddress, count > 0 else { return }
      UnsafeMutableRawPointer(bytes).copyMemory(from: start + sent, byteCount: count)
    }
    sent += count
    return count
  }

  private func rewind(to offset: Int) -> CInt {
    guard (0...exchange.request.body.count).contains(offset) else { return 1 }
    sent = offset
    return 0
  }
}

/// What holds for every transfer of a store.
struct TransferLimits: Sendable {
  var isSecure: Bool
  var authoritiesFile: String?
  var connectMilliseconds: Int
  var answerMilliseconds: Int
  var idleConnectionSeconds: Int
  var headBytesMax: Int
  var fieldsMax: Int
  var documentBytesMax: Int
}

extension Substring {
  /// Without blanks and line ends around it.
  fileprivate var trimmed: Substring {
    func isBlank(_ character: Character) -> Bool { character == " " || character.isWhitespace }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return "" }
    return self[first...last]
  }
}
