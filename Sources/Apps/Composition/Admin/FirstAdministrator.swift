internal import Domain
internal import Ports
internal import SystemAdapter

/// How an installation gets its first administrator.
public enum FirstAdministrator {
  /// A secret that lets one person register as the administrator.
  public static func newToken() -> String {
    let secret = SystemRandomness().bytes(SecretToken.secretBytes)
    return SecretToken(.firstAdmin, secret: secret)?.text ?? ""
  }
}
