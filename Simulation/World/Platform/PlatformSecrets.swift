internal import Domain
internal import IAMService
internal import ServiceKit
internal import SimulationFakes

/// What an operator would keep outside of the stores. Known to everybody who reads this: a world
/// has nothing to hide.
enum PlatformSecrets {
  static let master = [UInt8](repeating: 42, count: 32)
  static let links = Array("links".utf8)
  static let firstAdminToken =
    SecretToken(.firstAdmin, secret: [UInt8](repeating: 5, count: 32))?.text ?? ""
  static let iam = IAMSecrets(master: master, firstAdminToken: firstAdminToken)

  static func seal(_ digest: FakeDigest) -> CursorSeal {
    CursorSeal(key: "cursors", digest: digest)
  }
}
