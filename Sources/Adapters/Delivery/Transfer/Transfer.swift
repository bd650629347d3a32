internal import CCurl
internal import Ports
internal import Synchronization

/// Asks a transfer to stop, from any thread. It notices within about a second.
final class StopFlag: Sendable {
  private let isSet = Mutex(false)

  func set() { isSet.withLock { $0 = true } }
  var value: Bool { isSet.withLock { $0 } }
}

/// One call of libcurl, set up, made and ended on one thread.
///
/// Nothing is reused between transfers: no connection, no session, no cookie, no resolved name. No
/// proxy of the environment is used: the gate would see the proxy's address in place of the
/// target's.
final class Transfer {
  /// What came of it, without judging.
  struct Outcome {
    var result: CURLcode
    /// The last status of HTTP or SMTP; 0 when there was none.
    var status: Int
    /// The receiver's wish in seconds; 0 when there was none.
    var retryAfter: Int
    /// Bytes of the request's head that may have left.
    var headBytesSent: Int
    /// Sockets that the gate let through, and that it refused.
    var socketsOpened: Int
    var socketsRefused: Int
    /// Whether the peer has asked for the body, and whether it was given all of it.
    var hasBodyBegun: Bool
    /// Whether the head of the last answer came to its end: libcurl takes one that was cut for one
    /// that has ended.
    var isHeadWhole: Bool
    /// More came than the limits allow.
    var isTooLarge: Bool
    /// What came as body, where it is kept.
    var body: [UInt8]
  }

  /// What may arrive.
  struct Limits {
    var headBytesMax: Int
    var bodyBytesMax: Int
    /// A body is counted and dropped unless somebody wants it.
    var isBodyKept = false
  }

  private let handle: UnsafeMutableRawPointer
  private let rules: EgressRules?
  private let limits: Limits
  private let stop: StopFlag
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var setting = CURLE_OK
  private var outgoing: [UInt8] = []
  private var outgoingSent = 0
  private var hasBodyBegun = false
  private var headBytes = 0
  private var bodyBytes = 0
  private var body: [UInt8] = []
  private var isHeadWhole = false
  private var isTooLarge = false
  private var socketsOpened = 0
  private var socketsRefused = 0

  /// Loaded once for the process, before the first transfer.
  private static let isLoaded = curl_global_init(globalDefaults) == CURLE_OK

  /// - Parameter rules: where to connect; nil for addresses that the operator chose.
  /// - Returns: nil when there is no memory for it.
  init?(_ url: String, rules: EgressRules?, limits: Limits, stop: StopFlag) {
    guard Transfer.isLoaded, let handle = curl_easy_init() else { return nil }
    self.handle = handle
    self.rules = rules
    self.limits = limits
    self.stop = stop
    set(CURLOPT_URL, url)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_FORBID_REUSE, 1)
    set(CURLOPT_FRESH_CONNECT, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_NOPROGRESS, 0)
    // A look-up that is still going on is left behind instead of being waited for.
    set(CURLOPT_QUICK_EXIT, 1)
    listen()
  }

  deinit {
    curl_easy_cleanup(handle)
    for list in lists { curl_slist_free_all(list) }
  }

  // MARK: Settings

  func set(_ option: CURLoption, _ number: Int) {
    note(millrace_curl_set_number(handle, option, number))
  }

  func set(_ option: CURLoption, _ text: String) {
    note(millrace_curl_set_text(handle, option, text))
  }

  func set(_ option: CURLoption, lines: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        curl_slist_free_all(list)
        return note(CURLE_OUT_OF_MEMORY)
      }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    note(millrace_curl_set_list(handle, option, list))
  }

  func setTimes(connect: Duration, whole: Duration) {
    set(CURLOPT_CONNECTTIMEOUT_MS, Transfer.milliseconds(connect))
    set(CURLOPT_TIMEOUT_MS, Transfer.milliseconds(whole))
  }

  /// In place of a limit of the whole: how long less than a byte in each second may come or go.
  func setTimes(connect: Duration, silence: Duration) {
    set(CURLOPT_CONNECTTIMEOUT_MS, Transfer.milliseconds(connect))
    set(CURLOPT_LOW_SPEED_LIMIT, 1)
    set(CURLOPT_LOW_SPEED_TIME, max(1, (Transfer.milliseconds(silence) + 999) / 1_000))
  }

  /// Header fields as they are, and none that libcurl would add by itself: no wish to be asked for
  /// the body, and no type of a body.
  func set(_ fields: HTTPFields) {
    let own = ["Expect:", "Content-Type:"].filter { line in
      !fields.fields.contains { $0.isNamed(String(line.dropLast())) }
    }
    set(
      CURLOPT_HTTPHEADER,
      lines: own
        + fields.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" })
  }

  /// The body of a POST, copied.
  func setPosted(_ body: [UInt8]) {
    set(CURLOPT_POST, 1)
    note(millrace_curl_set_large(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    // An empty array has no address, and no address would mean that the body is read elsewhere.
    note(millrace_curl_set_bytes(handle, CURLOPT_COPYPOSTFIELDS, body.isEmpty ? [0] : body))
  }

  /// A body that is given out when the peer asks for it.
  func setUploaded(_ body: [UInt8]) {
    outgoing = body
    set(CURLOPT_UPLOAD, 1)
    note(
      millrace_curl_set_bytes_function(handle, CURLOPT_READFUNCTION) { bytes, size, count, owner in
        guard let bytes, let owner else { return 0 }
        return Transfer.of(owner).give(bytes, size * count)
      })
    note(millrace_curl_set_pointer(handle, CURLOPT_READDATA, owner))
  }

  private static func milliseconds(_ length: Duration) -> Int {
    Int(
      clamping: max(
        1,
        length.components.seconds * 1_000 + length.components.attoseconds
          / 1_000_000_000_000_000))
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
    note(
      millrace_curl_set_progress_function(handle) { owner, _, _, _, _ in
        owner.map { Transfer.of($0).stop.value ? 1 : 0 } ?? 1
      })
    note(millrace_curl_set_pointer(handle, CURLOPT_XFERINFODATA, owner))
    note(
      millrace_curl_set_open_function(handle) { owner, _, target in
        guard let owner, let target else { return -1 }
        return Transfer.of(owner).open(target)
      })
    note(millrace_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, owner))
  }

  /// A count that is not the one given ends the transfer.
  private func takeHead(_ line: UnsafeRawBufferPointer) -> Int {
    headBytes += line.count
    if line.starts(with: Array("HTTP/".utf8)) {
      isHeadWhole = false
    } else if line.allSatisfy({ $0 == 0x0d || $0 == 0x0a }) {
      isHeadWhole = true
    }
    guard headBytes <= limits.headBytesMax else {
      isTooLarge = true
      return 0
    }
    return line.count
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    bodyBytes += bytes.count
    guard bodyBytes <= limits.bodyBytesMax else {
      isTooLarge = true
      return 0
    }
    if limits.isBodyKept { body.append(contentsOf: bytes) }
    return bytes.count
  }

  private func give(_ bytes: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    hasBodyBegun = true
    let count = min(room, outgoing.count - outgoingSent)
    outgoing.withUnsafeBytes { all in
      guard let start = all.baseAddress, count > 0 else { return }
      UnsafeMutableRawPointer(bytes).copyMemory(from: start + outgoingSent, byteCount: count)
    }
    outgoingSent += count
    return count
  }

  /// The gate: the address is what the connection will be made to, after every resolution.
  private func open(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    if let rules {
      var bytes = [UInt8](repeating: 0, count: 16)
      var port: UInt16 = 0
      let count = Int(millrace_curl_target(target, &bytes, &port))
      guard let address = IPAddress(bytes: Array(bytes.prefix(count))),
        rules.allows(address, port: Int(port))
      else {
        socketsRefused += 1
        return -1
      }
    }
    socketsOpened += 1
    return millrace_curl_open_socket(target)
  }

  // MARK: The call

  /// Blocks until it has ended.
  func perform() -> Outcome {
    let result = setting == CURLE_OK ? curl_easy_perform(handle) : setting
    return Outcome(
      result: result, status: millrace_curl_get_number(handle, CURLINFO_RESPONSE_CODE),
      retryAfter: Int(clamping: millrace_curl_get_large(handle, CURLINFO_RETRY_AFTER)),
      headBytesSent: millrace_curl_get_number(handle, CURLINFO_REQUEST_SIZE),
      socketsOpened: socketsOpened, socketsRefused: socketsRefused, hasBodyBegun: hasBodyBegun,
      isHeadWhole: isHeadWhole, isTooLarge: isTooLarge, body: body)
  }
}

/// `CURL_GLOBAL_DEFAULT`, which is a computed macro: TLS and nothing of Windows.
private let globalDefaults = 3
