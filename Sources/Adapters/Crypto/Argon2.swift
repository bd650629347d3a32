internal import CArgon2
internal import Ports

/// argon2id, version 1.3 (RFC 9106), by libargon2.
enum Argon2 {
  /// What goes into a tag.
  struct Input {
    var password: [UInt8]
    var salt: [UInt8]
    var secret: [UInt8] = []
    var associated: [UInt8] = []
  }

  /// Blocks for as long as the cost says. Nil when there is not enough memory, or for what the
  /// library refuses.
  static func tag(_ input: Input, _ cost: PasswordCost, length: Int) -> [UInt8]? {
    var input = input
    var tag = [UInt8](repeating: 0, count: length)
    var code = Int32(ARGON2_OK.rawValue)
    tag.withUnsafeMutableBufferPointer { tag in
      input.password.withUnsafeMutableBufferPointer { password in
        input.salt.withUnsafeMutableBufferPointer { salt in
          input.secret.withUnsafeMutableBufferPointer { secret in
            input.associated.withUnsafeMutableBufferPointer { associated in
              var context = argon2_context()
              context.out = tag.baseAddress
              context.outlen = UInt32(tag.count)
              context.pwd = password.baseAddress
              context.pwdlen = UInt32(password.count)
              context.salt = salt.baseAddress
              context.saltlen = UInt32(salt.count)
              context.secret = secret.count == 0 ? nil : secret.baseAddress
              context.secretlen = UInt32(secret.count)
              context.ad = associated.count == 0 ? nil : associated.baseAddress
              context.adlen = UInt32(associated.count)
              context.t_cost = UInt32(cost.passes)
              context.m_cost = UInt32(cost.memoryKiB)
              context.lanes = UInt32(cost.lanes)
              // One thread: it is ours already, and the library's would escape the bound.
              context.threads = 1
              context.version = ARGON2_VERSION_13.rawValue
              code = argon2id_ctx(&context)
            }
          }
        }
      }
    }
    return code == ARGON2_OK.rawValue ? tag : nil
  }
}
