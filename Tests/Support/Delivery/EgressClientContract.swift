public import Ports

/// A client of egress, and servers that behave in certain ways.
public struct EgressSubject: Sendable {
  public enum Server: Hashable, Sendable {
    /// Answers with method, target and body of the call: `METHOD TARGET`, a line break, the body.
    case echoes(query: String)
    /// Answers with this status and nothing else.
    case answers(status: Int)
    /// Points to a server that takes everything.
    case redirects
    /// Takes the call and never answers.
    case silent
    /// Takes the call and cuts the connection, before the answer, in its head or in its body.
    case cuts, cutsHead, cutsBody
    /// Answers without end.
    case endless
    /// Answers with something that is not HTTP.
    case garbage
    /// Nobody listens there.
    case closed
    /// Answers everything, at an address that the rules of egress refuse.
    case forbidden
  }

  public let client: any EgressClient
  public let url: @Sendable (Server) -> String

  public init(client: any EgressClient, url: @escaping @Sendable (Server) -> String) {
    self.client = client
    self.url = url
  }

  fileprivate func outcome(
    _ server: Server, _ method: String = "POST", body: [UInt8] = [1], fields: HTTPFields = []
  ) async -> Result<EgressAnswer, EgressError> {
    await outcome(
      HTTPCall(
        method: method, url: url(server), fields: fields, body: body, timeout: .seconds(2)))
  }

  fileprivate func outcome(_ call: HTTPCall) async -> Result<EgressAnswer, EgressError> {
    do throws(EgressError) {
      return .success(try await client.send(call, answerBytesMax: 1 << 20))
    } catch {
      return .failure(error)
    }
  }
}

/// The promises of `EgressClient`.
public enum EgressClientContract {
  private typealias Case = ContractCase<EgressSubject>

  public static let cases: [ContractCase<EgressSubject>] = [
    Case("a call goes out as it is, once, without what belongs to the client") { subject in
      let fields: HTTPFields = [
        HTTPField("Host", "other.example"), HTTPField("Content-Length", "9"),
        HTTPField("Connection", "upgrade"), HTTPField("Expect", "100-continue"),
      ]
      for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let body = method == "HEAD" ? [] : Array("payload".utf8)
        let outcome = await subject.outcome(
          .echoes(query: "a=b%20c#part"), method, body: body, fields: fields)
        guard case .success(let answer) = outcome else {
          throw ContractViolation("\(method) gives \(outcome)", at: #fileID)
        }
        let echo = String(decoding: answer.body, as: UTF8.self)
        try expectEqual(answer.status, 200, "status")
        let isWhole =
          method == "HEAD"
          ? echo.isEmpty : echo.hasPrefix("\(method) /") && echo.hasSuffix("?a=b%20c\npayload")
        try expect(isWhole, "\(method) arrived as \(echo)")
      }
    },
    Case("every status is an answer, and a redirect is not followed") { subject in
      for status in [200, 204, 404, 429, 500] {
        let outcome = await subject.outcome(.answers(status: status))
        try expectEqual(outcome, .success(EgressAnswer(status: status)), "status \(status)")
      }
      let outcome = await subject.outcome(.redirects)
      try expectEqual(outcome, .success(EgressAnswer(status: 302)), "a redirect")
    },
    Case("no whole answer to what was sent leaves it open") { subject in
      for server in [EgressSubject.Server.cuts, .cutsHead, .cutsBody] {
        let outcome = await subject.outcome(server)
        try expectEqual(outcome, .failure(.disconnected), "\(server)")
      }
      let silence = await subject.outcome(.silent)
      try expectEqual(silence, .failure(.timedOut), "silence")
      let garbage = await subject.outcome(.garbage)
      try expectEqual(garbage, .failure(.malformed), "garbage")
      let endless = await subject.outcome(.endless)
      try expectEqual(endless, .failure(.tooLarge), "an answer without end")
    },
    Case("where nobody listens the call was surely not carried out") { subject in
      let outcome = await subject.outcome(.closed)
      guard case .failure(.unreachable(let why)) = outcome, !why.isEmpty else {
        throw ContractViolation("the outcome is \(outcome)", at: #fileID)
      }
    },
    Case("what the rules of egress refuse gets nothing") { subject in
      let outcome = await subject.outcome(.forbidden)
      try expectEqual(outcome, .failure(.destinationRefused), "a refused address")
    },
    Case("what is no call is refused before anything is sent") { subject in
      let good = subject.url(.answers(status: 200))
      var bad = ["ftp://example.org/", "http://user@example.org/", "http:///", "x", ""].map {
        HTTPCall(method: "GET", url: $0)
      }
      bad.append(HTTPCall(method: "GET", url: good, fields: [HTTPField("X", "a\r\nY: b")]))
      bad.append(HTTPCall(method: "GET", url: good, fields: [HTTPField("X:", "a")]))
      bad.append(HTTPCall(method: "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", url: good))
      for call in bad {
        let outcome = await subject.outcome(call)
        guard case .failure(.invalid(let why)) = outcome, !why.isEmpty else {
          throw ContractViolation("\(call.url) gives \(outcome)", at: #fileID)
        }
      }
    },
    Case("a call whose task is cancelled ends, and its outcome is open") { subject in
      let url = subject.url(.silent)
      let outcome = await withTaskGroup(of: Result<EgressAnswer, EgressError>.self) { group in
        group.addTask {
          await subject.outcome(HTTPCall(method: "GET", url: url, timeout: .seconds(600)))
        }
        group.cancelAll()
        return await group.next()
      }
      try expectEqual(outcome, .failure(.disconnected), "a cancelled call")
    },
  ]
}
