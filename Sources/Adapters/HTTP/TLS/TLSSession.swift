internal import COpenSSL
internal import Glibc

/// One secure connection as OpenSSL sees it: bytes of the socket go in and come out, the socket
/// itself is somebody else's. Confined to the loop.
final class TLSSession {
  enum Progress: Hashable {
    case done
    /// Nothing goes on until more has arrived.
    case waits
    /// The peer has said that nothing more comes.
    case ended
    case failed(String)
  }

  /// What a client goes on with.
  enum Version: Hashable {
    case http1
    case http2
  }

  private let context: TLSContext
  private let tls: OpaquePointer
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer

  /// - Parameter host: for clients, the name or address that the server's certificate must have.
  init?(_ context: TLSContext, host: String? = nil, offering version: Version = .http2) {
    guard let tls = SSL_new(context.pointer) else { return nil }
    guard let incoming = BIO_new(BIO_s_mem()) else {
      SSL_free(tls)
      return nil
    }
    guard let outgoing = BIO_new(BIO_s_mem()) else {
      BIO_free(incoming)
      SSL_free(tls)
      return nil
    }
    self.context = context
    self.tls = tls
    self.incoming = incoming
    self.outgoing = outgoing
    // They belong to the session from here on.
    millrace_tls_memory_only(tls, incoming, outgoing)
    switch context.side {
    case .server: SSL_set_accept_state(tls)
    case .client:
      SSL_set_connect_state(tls)
      guard let host, millrace_tls_offer(tls, version == .http2 ? 1 : 0) == 1, prepare(for: host)
      else { return nil }
    }
  }

  deinit { SSL_free(tls) }

  private func prepare(for host: String) -> Bool {
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1 { return true }
    SSL_set_hostflags(tls, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    return SSL_set1_host(tls, host) == 1 && millrace_tls_name_server(tls, host) == 1
  }

  // MARK: Bytes of the socket

  func receive(_ bytes: UnsafeRawPointer, _ count: Int) {
    // Memory takes everything that fits into an Int32; the socket gives 64 KiB at most.
    _ = BIO_write(incoming, bytes, Int32(clamping: count))
  }

  /// What is to be sent, in the order in which it came about.
  func takeOutput() -> [UInt8] {
    let count = Int(millrace_tls_waiting(outgoing))
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(Int(BIO_read(outgoing, buffer.baseAddress, Int32(clamping: count))), 0)
    }
  }

  // MARK: The connection

  func handshake() -> Progress {
    ERR_clear_error()
    let result = SSL_do_handshake(tls)
    guard result == 1 else { return progress(result) }
    return isKnownPeer ? .done : .failed("the certificate is of none of the names that are let in")
  }

  /// Whether the peer's certificate, which comes from the authority, has one of the names.
  private var isKnownPeer: Bool {
    guard !context.peers.isEmpty else { return true }
    guard let certificate = SSL_get1_peer_certificate(tls) else { return false }
    defer { X509_free(certificate) }
    return context.peers.contains { name in
      let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
      return X509_check_ip_asc(certificate, name, flags) == 1
        || X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
    }
  }

  /// The protocol that both sides agreed on (RFC 7301); empty when the client offered none.
  var agreedProtocol: String {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(tls, &name, &length)
    return String(
      decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
  }

  /// Takes what has arrived in the clear; the count is 0 unless progress is `done`.
  func read(into buffer: UnsafeMutablePointer<UInt8>, _ size: Int) -> (Progress, count: Int) {
    ERR_clear_error()
    let count = SSL_read(tls, buffer, Int32(clamping: size))
    return count > 0 ? (.done, Int(count)) : (progress(count), 0)
  }

  /// Puts bytes behind what is to be sent; memory takes all of them.
  func write(_ bytes: [UInt8]) -> Progress {
    var sent = 0
    while sent < bytes.count {
      ERR_clear_error()
      let count = bytes.withUnsafeBytes { buffer -> Int32 in
        guard let base = buffer.baseAddress else { return 0 }
        return SSL_write(tls, base + sent, Int32(clamping: bytes.count - sent))
      }
      guard count > 0 else { return progress(count) }
      sent += Int(count)
    }
    return .done
  }

  /// Says that nothing more comes.
  func end() {
    ERR_clear_error()
    _ = SSL_shutdown(tls)
  }

  private func progress(_ result: Int32) -> Progress {
    switch SSL_get_error(tls, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waits
    case SSL_ERROR_ZERO_RETURN: return .ended
    default:
      let verdict = SSL_get_verify_result(tls)
      guard verdict != X509_V_OK, let text = X509_verify_cert_error_string(Int(verdict)) else {
        return .failed(TLSContext.reason())
      }
      ERR_clear_error()
      return .failed(String(cString: text))
    }
  }
}
