internal import CryptoAdapter

/// Certificates of an authority of one's own.
public struct CertificateAdministration: Sendable {
  /// A file that is to be written, and whether it is for its owner alone.
  public struct File: Sendable {
    public let name: String
    public let text: String
    public let isSecret: Bool
  }

  public var names: [String]
  /// By which they are reached besides their own names and this machine's.
  public var hosts: [String]
  public var days: Int

  public init(names: [String], hosts: [String], days: Int) {
    self.names = names
    self.hosts = hosts
    self.days = days
  }

  /// - Parameter authority: certificate and key of the one that is there; nil makes one.
  public func files(
    authority known: (certificate: String, key: String)?
  ) throws(StartFailure) -> [File] {
    do throws(DevelopmentAuthority.Failure) {
      var files: [File] = []
      let authority: DevelopmentAuthority
      if let known {
        authority = DevelopmentAuthority(.init(certificate: known.certificate, key: known.key))
      } else {
        authority = try DevelopmentAuthority(name: "Millrace development", days: 3_650)
        files += CertificateAdministration.pair("ca", authority.pair)
      }
      for name in names {
        let reached = [name, "localhost", "127.0.0.1", "::1"] + hosts
        files += CertificateAdministration.pair(
          name, try authority.issue(name, hosts: reached, days: days))
      }
      return files
    } catch {
      throw StartFailure(
        "certificates cannot be made: \(error.description)",
        hint: "names are those of machines or services, such as scheduler")
    }
  }

  private static func pair(_ name: String, _ pair: DevelopmentAuthority.Pair) -> [File] {
    [
      File(name: name + ".pem", text: pair.certificate, isSecret: false),
      File(name: name + ".key", text: pair.key, isSecret: true),
    ]
  }
}
