internal import COpenSSL

/// The certificate, key and authorities of a process as OpenSSL holds them: TLS 1.2 or later, both
/// sides show certificates (RFC 8446 §4.3.2), no session is taken up again. Never changes once it
/// is made; each connection keeps what it began with.
final class TLSContext: @unchecked Sendable {
  enum Side: Hashable, Sendable {
    case server
    case client
  }

  let side: Side
  let peers: [String]
  let pointer: OpaquePointer

  /// - Throws: which file is of no use, and why.
  init(_ files: TLSFiles, side: Side) throws(TLSFailure) {
    self.side = side
    peers = files.peers
    let method = side == .server ? TLS_server_method() : TLS_client_method()
    guard let pointer = SSL_CTX_new(method) else { throw TLSFailure("OpenSSL has no memory left") }
    self.pointer = pointer
    // Whatever is thrown from here on, `deinit` frees it.
    try TLSContext.prepare(pointer, files, side)
  }

  /// For a client that shows no certificate.
  ///
  /// - Parameter authority: a file of PEM; nil believes whom the system believes.
  init(authority: String?) throws(TLSFailure) {
    side = .client
    peers = []
    guard let pointer = SSL_CTX_new(TLS_client_method()) else {
      throw TLSFailure("OpenSSL has no memory left")
    }
    self.pointer = pointer
    ERR_clear_error()
    let isLoaded =
      if let authority { SSL_CTX_load_verify_file(pointer, authority) } else {
        SSL_CTX_set_default_verify_paths(pointer)
      }
    guard millrace_tls_prepare(pointer) == 1, isLoaded == 1 else {
      throw TLSFailure(
        "\(authority ?? "the system") holds no certificate of an authority: \(TLSContext.reason())")
    }
    SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
  }

  deinit { SSL_CTX_free(pointer) }

  private static func prepare(
    _ context: OpaquePointer, _ files: TLSFiles, _ side: Side
  ) throws(TLSFailure) {
    ERR_clear_error()
    guard millrace_tls_prepare(context) == 1 else { throw TLSFailure(reason()) }
    guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
      throw TLSFailure("\(files.certificate) holds no certificate: \(reason())")
    }
    guard SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1 else {
      throw TLSFailure("\(files.key) holds no key of that certificate: \(reason())")
    }
    guard SSL_CTX_check_private_key(context) == 1 else {
      throw TLSFailure("\(files.key) is not the key of \(files.certificate)")
    }
    guard SSL_CTX_load_verify_file(context, files.authority) == 1 else {
      throw TLSFailure("\(files.authority) holds no certificate of an authority: \(reason())")
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    if side == .server { millrace_tls_answer_protocols(context) }
  }

  /// What OpenSSL says of its last failure.
  static func reason() -> String {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason is known" }
    return String(cString: text)
  }
}
