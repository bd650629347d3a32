import Domain
import Foundation
import Ports
import ServiceKit
import Synchronization
import SystemAdapter
import Testing

@testable import Composition

/// The description of the HTTP interface against the routes that `dev` serves.
///
/// A route that is added, changed or removed needs its lines in api/openapi.json, and
/// scripts/publish.sh after it.
struct OpenAPITests {
  private func routes() async throws -> [Route] {
    let parts = try await DevParts.make(DevConfiguration())
    let routes = parts.router.routes
    await parts.close()
    return routes
  }

  @Test func `every route is described as it is, and nothing else`() async throws {
    let description = try APIDescription()
    let routes = try await routes()
    let described = description.operations.map { operation in
      [
        operation.name, operation.access,
        operation.parameters(in: "path", of: description).joined(separator: ","),
        operation.parameters(in: "query", of: description).joined(separator: ","),
      ].joined(separator: " | ")
    }
    let served = routes.map { route in
      [
        route.name, route.access.words,
        route.template.split(separator: "/").filter { $0.hasPrefix("{") }
          .map { String($0.dropFirst().dropLast()) }.sorted().joined(separator: ","),
        route.parameters.sorted().joined(separator: ","),
      ].joined(separator: " | ")
    }
    let undescribed = Set(served).subtracting(described).sorted()
    let unserved = Set(described).subtracting(served).sorted()
    #expect(undescribed == [], "these routes miss or differ from api/openapi.json")
    #expect(unserved == [], "api/openapi.json describes these, which no router serves so")
    #expect(Set(described).count == described.count)
    #expect(routes.count > 80)
  }

  @Test func `every operation names itself and the errors that any request can meet`() throws {
    let description = try APIDescription()
    let operations = description.operations
    #expect(
      Set(operations.compactMap { $0.members["operationId"] as? String }).count
        == operations.count)
    for operation in operations {
      #expect(operation.members["summary"] is String, "\(operation.name)")
      #expect(
        operation.statuses.first.map { (200..<300).contains($0) } == true, "\(operation.name)")
      var wanted = [400, 503]
      if operation.access != "anyone" { wanted.append(401) }
      if operation.members["x-permission"] != nil { wanted.append(403) }
      if operation.template.contains("{") { wanted.append(404) }
      if operation.members["requestBody"] != nil { wanted += [408, 413] }
      #expect(
        Set(wanted).subtracting(operation.statuses) == [],
        "\(operation.name) does not list them")
    }
  }

  @Test func `every error is a problem document`() throws {
    let description = try APIDescription()
    for operation in description.operations {
      let answers = operation.members["responses"] as? [String: [String: Any]] ?? [:]
      for (status, answer) in answers where (Int(status) ?? 0) >= 400 {
        let content = description.resolved(answer)["content"] as? [String: Any] ?? [:]
        #expect(Array(content.keys) == ["application/problem+json"], "\(operation.name) \(status)")
      }
    }
  }

  @Test func `the words of the description are those of the code`() throws {
    let description = try APIDescription()
    #expect(
      description.words("Permission").sorted() == Permission.allCases.map(\.rawValue).sorted())
    #expect(description.words("Role") == Role.allCases.map(\.rawValue))
    let runs = description.words("RunState")
    #expect(RunOutcome.allCases.allSatisfy { runs.contains($0.rawValue) })
    let tasks = description.words("TaskState")
    #expect(TaskOutcome.allCases.allSatisfy { tasks.contains($0.rawValue) })
  }

  @Test(arguments: ["openapi.json", "workflow.schema.json"])
  func `what api holds is served to anybody, byte for byte`(file: String) async throws {
    let served = Bytes()
    let parts = try await DevParts.make(DevConfiguration())
    await parts.runtime.root {
      let answer = await parts.router.respond(
        to: HTTPRequest(method: "GET", path: "/v1/\(file)"))
      if answer.status == 200, case .bytes(let bytes) = answer.body { served.set(bytes) }
    }.wait()
    await parts.close()
    let written = try Data(contentsOf: APIDescription.folder.appending(path: file))
    #expect(served.last == Array(written), "run scripts/publish.sh")
  }

  private final class Bytes: Sendable {
    private let state = Mutex<[UInt8]>([])
    var last: [UInt8] { state.withLock { $0 } }
    func set(_ bytes: [UInt8]) { state.withLock { $0 = bytes } }
  }
}

extension Access {
  /// As the description says it.
  fileprivate var words: String {
    switch self {
    case .anyone: "anyone"
    case .signedIn: "signed-in"
    case .allowed(let permission, let place): "\(permission.rawValue) in \(place)"
    }
  }
}
