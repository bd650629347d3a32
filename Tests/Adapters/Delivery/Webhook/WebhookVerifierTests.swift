import CryptoAdapter
import Domain
import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import DeliveryAdapter

/// T-WH: our webhooks at receivers that are not ours.
@Suite(.timeLimit(.minutes(2)))
struct WebhookVerifierTests {
  private struct Verdict: Decodable {
    /// Readers that did not accept the message as it came.
    var refusing: [String]
    /// Changes that were made to it, and those that were accepted all the same.
    var changes: Int
    var taken: [String]
  }

  private static func secret(_ fill: UInt8) throws -> WebhookSecret {
    try #require(WebhookSecret(bytes: (0..<32).map { $0 &* 37 &+ fill }))
  }

  private func sender() -> CurlWebhookSender {
    var configuration = WebhookSenderConfiguration(rules: .development)
    configuration.answerWithin = .seconds(60)
    return CurlWebhookSender(
      configuration, on: BlockingPool(name: "webhooks", threads: 4, waitingMax: 16))
  }

  private func message(
    _ url: String, _ body: [UInt8], _ secrets: [WebhookSecret]
  ) -> WebhookMessage {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let fields = WebhookSignature.fields(
      id: "ntf_01k", sentAt: Moment(microseconds: Int64(now.tv_sec) * 1_000_000), body: body,
      secrets: secrets, digest: OpenSSLDigest())
    return WebhookMessage(url: url, fields: HTTPFields(fields), body: body)
  }

  @Test func `a verifier that is not ours accepts our webhooks and no change of them`() async throws
  {
    let (one, other) = (try Self.secret(1), try Self.secret(2))
    let verifier = try await ServerProcess.start("webhook_verifier.py") { log, _ in
      [log, one.text]
    }
    let bodies = [
      #"{"type":"dev.millrace.run.failed","data":{"run":"run_1","reason":"Grüße \u0000 📦"}}"#,
      "{ \"spaces\" : [ 1.0, -0, 1e5 ] }\r\n\n", "[]",
    ].map { Array($0.utf8) }
    let sender = sender()
    for body in bodies {
      for secrets in [[one], [other, one], [one, other]] {
        let reply = await sender.send(
          message("http://127.0.0.1:\(verifier.port)/", body, secrets))
        #expect(reply.isDelivered, "\(reply)")
      }
    }
    let verdicts = try verifier.records(Verdict.self)
    #expect(verdicts.count == bodies.count * 3)
    for verdict in verdicts {
      #expect(verdict.refusing == [])
      #expect(verdict.taken == [])
    }
    // Who has another secret accepts none of them.
    _ = await sender.send(message("http://127.0.0.1:\(verifier.port)/", bodies[0], [other]))
    #expect(try verifier.records(Verdict.self).last?.refusing.count == 2)
    SecurityTest.webhooks.report(
      "\(verdicts.count) messages accepted by 2 verifiers that are not ours, "
        + "\(verdicts.reduce(0) { $0 + $1.changes }) changed ones refused")
  }

  /// Goal: a receiver that took a message and could not say so gets it again, as the same one.
  @Test func `what was taken by a receiver whose answer is lost comes again under its id`()
    async throws
  {
    let receiver = try await ServerProcess.start("webhook_receiver.py") { log, _ in [log] }
    let sender = sender()
    let body = Array("{}".utf8)
    let secret = try Self.secret(1)
    let lost = await sender.send(
      message("http://127.0.0.1:\(receiver.port)/keeps", body, [secret]))
    guard case .outcomeUnknown = lost else {
      Issue.record("an answer that was lost is no \(lost)")
      return
    }
    let again = await sender.send(
      message("http://127.0.0.1:\(receiver.port)/takes/200", body, [secret]))
    #expect(again.isDelivered)
    let records = try receiver.records(WebhookRecord.self)
    #expect(records.map { $0.field("webhook-id") } == ["ntf_01k", "ntf_01k"])
    #expect(records.map(\.bytes) == [body, body])
    SecurityTest.webhooks.report("1 answer lost, 1 repetition under the same id")
  }
}
