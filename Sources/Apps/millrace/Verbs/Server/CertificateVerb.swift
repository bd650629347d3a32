internal import Composition
internal import Domain

/// Certificates for processes that have no authority yet.
enum CertificateVerb {
  static let verb = Verb(
    "admin certs", "Make certificates for processes, of an authority of your own",
    operands: "NAME…", count: 1...100,
    options: [
      .init("to", value: "DIR", "where they are written; an authority that is there is used"),
      .init("host", value: "NAME", isRepeatable: true, "what else they are reached by"),
      .init("days", value: "N", "how long they are good (default: 30)"),
    ],
    examples: ["millrace admin certs --to certs gateway iam workflow scheduler worker"]
  ) { call in
    guard let folder = call.value("to") else { throw Failure.usage("no folder is named: --to DIR") }
    guard call.operands.allSatisfy({ !$0.contains("/") && !$0.hasPrefix(".") && $0 != "ca" }) else {
      throw Failure.usage("names of certificates are names of files, and none is ca")
    }
    let administration = CertificateAdministration(
      names: call.operands, hosts: call.all("host"),
      days: try call.number("days", default: 30, in: 1...3_650))
    try LocalFiles.makeFolder(folder)
    var authority: (certificate: String, key: String)?
    if LocalFiles.exists(folder + "/ca.pem") {
      func text(_ name: String) throws -> String {
        String(decoding: try LocalFiles.read(folder + "/" + name), as: UTF8.self)
      }
      authority = (try text("ca.pem"), try text("ca.key"))
    }
    do throws(StartFailure) {
      for file in try administration.files(authority: authority) {
        let path = folder + "/" + file.name
        do {
          try LocalFiles.write(path, Array(file.text.utf8), mode: file.isSecret ? 0o600 : 0o644)
        } catch {
          throw StartFailure("\(path) cannot be written", hint: "check the folder's permissions")
        }
        Terminal.line(path)
      }
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }
}
