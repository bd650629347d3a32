import Contracts
import Domain
import Ports
import Testing

@testable import WorkerService

/// What the work of an attempt learns of its trace.
@Suite struct WorkOrderTraceTests {
  private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  private static func message(_ trace: String = trace) -> WorkOrderMessage {
    var message = Scene.order(1)
    message.trace = trace
    return message
  }

  @Test func `a program finds its place below the attempt`() throws {
    let order = try #require(WorkOrder(Self.message()))
    let here = try #require(order.environment["TRACEPARENT"].flatMap(TraceContext.init))
    #expect(order.trace?.traceparent == Self.trace)
    #expect(here.trace == order.trace?.trace)
    #expect(here.span != order.trace?.span)
    // The same attempt has the same place, whoever asks.
    #expect(try #require(WorkOrder(Self.message())).environment == order.environment)
  }

  @Test func `what the author of the task has said is kept`() throws {
    var message = Self.message()
    message.environment["TRACEPARENT"] = "mine"
    #expect(try #require(WorkOrder(message)).environment["TRACEPARENT"] == "mine")
  }

  @Test(arguments: [false, true])
  func `a call carries it on unless the task says something else`(isSaid: Bool) throws {
    var message = Self.message()
    let headers = isSaid ? [WorkOrderMessage.Field(name: "Traceparent", value: "mine")] : []
    message.work = .http(
      WorkOrderMessage.HTTP(method: "GET", url: "http://a.example", headers: headers))
    let order = try #require(WorkOrder(message))
    guard case .http(_, _, let found, _, _) = order.work else {
      Issue.record("\(order.work)")
      return
    }
    #expect(found.count == 1)
    #expect((found.first?.value == "mine") == isSaid)
  }

  @Test(arguments: ["", "nonsense", String(trace.dropLast(2) + "00")])
  func `a trace that nobody records leaves the work as it is`(trace: String) throws {
    let order = try #require(WorkOrder(Self.message(trace)))
    #expect(order.trace == nil)
    #expect(order.environment == [:])
  }
}
