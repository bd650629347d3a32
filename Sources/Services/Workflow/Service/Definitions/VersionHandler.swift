internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Gives the scheduler the versions that runs are pinned to.
struct VersionHandler: RPCHandler {
  let shelf: DefinitionShelf

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == WorkflowsMethods.getVersion else {
      throw RPCError(.unimplemented, "no method \(method)")
    }
    guard let message = try? GetVersionRequest(decoding: request),
      let namespace = NamespaceName(message.namespace), let name = WorkflowName(message.workflow)
    else { throw RPCError(.invalidArgument, "the request cannot be decoded") }
    do throws(Problem) {
      let record = try await shelf.version(namespace, name, VersionID(message.version))
      return GetVersionResponse(normalForm: try await shelf.normalForm(of: record)).encoded()
    } catch {
      throw RPCError(error.status == 404 ? .notFound : .unavailable, error.detail)
    }
  }
}
