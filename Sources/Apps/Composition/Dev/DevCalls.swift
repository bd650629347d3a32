internal import Contracts
internal import Domain
internal import HTTPAdapter
internal import Ports
internal import ServiceKit

/// The remote calls that `dev` answers from outside, at the port of the API.
enum DevCalls {
  static func exposure(_ authenticator: any Authenticator) -> RPCExposure {
    RPCExposure(
      [
        SchedulerMethods.service, WorkerGatewayMethods.service, WorkflowsMethods.service,
        IdentityMethods.service, HistoryMethods.service,
      ],
      admits: CallGuard(authenticator: authenticator),
      descriptors: RPCDescriptors.files(base64: ContractDescriptors.base64))
  }
}

/// Lets in who may do everything in the whole installation: these calls are made between services,
/// and know no namespaces.
struct CallGuard: RPCGuard {
  let authenticator: any Authenticator

  func admit(_ request: RPCRequest) async throws(RPCError) {
    let sender: Principal
    do throws(Problem) {
      sender = try await authenticator.principal(
        authorization: request.metadata.all("authorization"))
    } catch {
      let code: RPCError.Code = error.status == 401 ? .unauthenticated : .unavailable
      throw RPCError(code, error.detail)
    }
    guard Permission.allCases.allSatisfy({ sender.may($0) }) else {
      throw RPCError(.permissionDenied, "\(sender.name) may not make calls between services")
    }
  }
}
