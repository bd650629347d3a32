import Composition
import Foundation
import Testing

struct CertificateAdministrationTests {
  /// Goal: who verifies strictly takes our certificates, and tells authorities of one name apart.
  @Test func `a certificate names the key of the authority that signed it`() throws {
    let files = try CertificateAdministration(names: ["scheduler"], hosts: [], days: 1)
      .files(authority: nil)
    // subjectKeyIdentifier and authorityKeyIdentifier (RFC 5280, 4.2.1.1 and 4.2.1.2).
    let own = try Self.bytes(
      behind: [0x06, 0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14], in: "ca.pem", files)
    let signer = try Self.bytes(
      behind: [0x06, 0x03, 0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14],
      in: "scheduler.pem", files)
    #expect(own == signer)
    #expect(own.count == 20)
  }

  /// The digest of a key that stands behind these bytes of a certificate.
  private static func bytes(
    behind mark: [UInt8], in name: String, _ files: [CertificateAdministration.File]
  ) throws -> [UInt8] {
    let file = try #require(files.first { $0.name == name })
    let lines = file.text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    let der = [UInt8](try #require(Data(base64Encoded: lines.joined())))
    let place = try #require(
      der.indices.first { der[$0...].starts(with: mark) }, "\(name) has no such extension")
    return Array(der.dropFirst(place + mark.count).prefix(20))
  }
}
