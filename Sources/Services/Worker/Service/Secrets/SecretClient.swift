internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire
internal import WorkerCore

/// Fills secrets into orders, as the last thing before the work starts.
struct SecretClient: Sendable {
  /// An order without any blanks, and what must not leave the worker.
  struct Filled: Sendable {
    var order: WorkOrder
    /// Nil for orders without secrets.
    var masker: SecretMasker?
  }

  /// Why an attempt cannot have its secrets.
  struct Failure: Error {
    var code: String
    var message: String
    /// Another try, here or elsewhere, may have more luck.
    var mayPass = false
  }

  let ports: WorkerPorts

  func fill(_ order: WorkOrder) async throws(Failure) -> Filled {
    let names = order.secretNames
    guard !names.isEmpty else { return Filled(order: order) }
    let values = try await resolve(names, for: order)
    var filled = order
    for (name, text) in order.secretEnvironment {
      filled.environment[name] = try SecretClient.text(text, values)
    }
    if case .http(let method, let url, var headers, let body, let expect) = order.work {
      for (name, text) in order.secretHeaders {
        let value = try SecretClient.text(text, values)
        guard !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
          throw Failure(
            code: "secret-not-fitting", message: "the header \(name) would get a line break")
        }
        headers.append(HTTPField(name, value))
      }
      filled.work = .http(method: method, url: url, headers: headers, body: body, expect: expect)
    }
    filled.secretEnvironment = [:]
    filled.secretHeaders = [:]
    return Filled(order: filled, masker: SecretMasker(values.values))
  }

  private static func text(
    _ text: SecretText, _ values: SortedMap<SecretName, SecretValue>
  ) throws(Failure) -> String {
    guard let filled = text.filled(values) else {
      throw Failure(code: "secret-missing", message: "a secret is missing")
    }
    return filled
  }

  private func resolve(
    _ names: SortedSet<SecretName>, for order: WorkOrder
  ) async throws(Failure) -> SortedMap<SecretName, SecretValue> {
    let request = ResolveSecretsRequest(
      namespace: order.namespace.text, names: names.map(\.text))
    let response: ResolveSecretsResponse
    do {
      response = try ResolveSecretsResponse(
        decoding: try await ports.network.call(
          SecretsMethods.service, SecretsMethods.resolve, request.encoded(),
          within: ports.configuration.callWithin))
    } catch let error as RPCError {
      let isFinal = error.code == .failedPrecondition || error.code == .invalidArgument
      throw Failure(
        code: isFinal ? "secret-unusable" : "secrets-unavailable", message: error.message,
        mayPass: !isFinal)
    } catch {
      throw Failure(code: "secrets-unavailable", message: "the answer cannot be decoded")
    }
    guard response.missing.isEmpty else {
      throw Failure(
        code: "secret-missing",
        message: "namespace \(order.namespace) has no secret "
          + response.missing.joined(separator: ", "))
    }
    var values: SortedMap<SecretName, SecretValue> = [:]
    for secret in response.secrets {
      guard let name = SecretName(secret.name), let value = try? SecretValue(secret.value) else {
        throw Failure(
          code: "secret-unusable", message: "secret \(secret.name) cannot be used as it is")
      }
      values[name] = value
    }
    return values
  }
}

extension WorkOrder {
  var secretNames: SortedSet<SecretName> {
    SortedSet((secretEnvironment.values + secretHeaders.values).flatMap { $0.names })
  }
}
