import Domain
import Ports
import ServiceKit
import Testing

struct ProblemTests {
  @Test func `a problem says everything that its sender needs`() {
    let problem = Problem(
      422, "invalid-definition", "two \"findings\"",
      items: [
        .init(
          pointer: "/a~1b/0", code: "unknown-key", detail: "what", hint: "how",
          position: SourcePosition(line: 3, column: 4)),
        .init(pointer: "", code: "x", detail: "y"),
      ], fields: [HTTPField("Retry-After", "1")])
    let response = problem.response(requestID: "req_1")
    #expect(response.status == 422)
    #expect(response.fields["content-type"] == "application/problem+json")
    #expect(response.fields["retry-after"] == "1")
    #expect(
      response.json
        == .object([
          "type": .string("https://millrace.dev/problems/invalid-definition"),
          "title": .string("Not valid"), "status": .integer(422),
          "code": .string("invalid-definition"), "detail": .string("two \"findings\""),
          "requestId": .string("req_1"),
          "errors": .array([
            .object([
              "pointer": .string("/a~1b/0"), "code": .string("unknown-key"),
              "detail": .string("what"), "hint": .string("how"), "line": .integer(3),
              "column": .integer(4),
            ]),
            .object(["pointer": .string(""), "code": .string("x"), "detail": .string("y")]),
          ]),
        ]))
  }

  @Test func `only a fault of ours is called an internal error`() {
    for status in [400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429, 503] {
      let title = Problem(status, "x", "x").response(requestID: "").json?["title"]
      #expect(title != .string("Internal error"), "\(status)")
    }
    #expect(
      Problem(500, "x", "x").response(requestID: "").json?["title"] == .string("Internal error"))
  }

  @Test func `an unknown outcome is neither success nor failure`() {
    let problem = Problem(StoreError.outcomeUnknown)
    #expect(problem.status == 503)
    #expect(problem.fields == [HTTPField("Retry-After", "1")])
    #expect(problem.detail.contains("send the same request again"))
  }

  @Test(arguments: [
    (StoreError.conflict, 409), (.unavailable("secret host"), 503), (.refused("too long"), 422),
  ])
  func `errors of the store have their codes`(error: StoreError, status: Int) {
    let problem = Problem(error)
    #expect(problem.status == status)
    #expect(!problem.detail.contains("secret"))
  }

  @Test func `errors of calls have their codes, and what is not the sender's fault can be retried`()
  {
    let codes: [(RPCError.Code, Int)] = [
      (.notFound, 404), (.invalidArgument, 400), (.permissionDenied, 403),
      (.failedPrecondition, 409), (.aborted, 409), (.alreadyExists, 409), (.cancelled, 503),
      (.unknown, 503), (.deadlineExceeded, 503), (.resourceExhausted, 503), (.unimplemented, 503),
      (.internal, 503), (.unavailable, 503), (.unauthenticated, 503),
    ]
    for (code, status) in codes {
      let problem = Problem(RPCError(code, "why"))
      #expect(problem.status == status, "\(code)")
      #expect(problem.fields.isEmpty == (status != 503))
    }
  }
}
