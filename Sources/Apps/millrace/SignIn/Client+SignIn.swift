internal import Domain
internal import Ports

extension Client {
  /// An access token that ends so soon is not used any more.
  private static let margin: Duration = .seconds(30)

  /// The same client with an access token that is good for a while, if it uses a sign-in.
  ///
  /// - Throws: a failure when the sign-in has ended.
  func signedIn(_ call: Call) async throws -> Client {
    guard !Client.hasOwnToken(call) else { return self }
    let file = SignInFile(call.environment)
    guard let known = try file.signIn(at: url) else { return self }
    if isGood(known) { return with(known, file) }
    return with(try await renewed(file, insteadOf: nil), file)
  }

  private func isGood(_ signIn: SignInFile.SignIn) -> Bool {
    signIn.expiresAt - Client.margin > time.now()
  }

  private func with(_ signIn: SignInFile.SignIn, _ file: SignInFile) -> Client {
    let bare = anonymous
    return Client(network: network, time: time, url: url, token: signIn.accessToken) { old in
      try await bare.renewed(file, insteadOf: old).accessToken
    }
  }

  /// The sign-in that another call has renewed in the meantime, or one that is renewed now.
  private func renewed(
    _ file: SignInFile, insteadOf old: String?
  ) async throws -> SignInFile.SignIn {
    try await file.locked(waitingOn: time) {
      guard let current = try file.signIn(at: url) else {
        throw Failure(
          .notAllowed, "nobody is signed in to \(url) any more",
          hint: "sign in with `millrace auth login NAME`")
      }
      if isGood(current), current.accessToken != old { return current }
      let fresh = try await refreshed(current)
      try file.set(fresh, at: url)
      return fresh
    }
  }

  private func refreshed(_ old: SignInFile.SignIn) async throws -> SignInFile.SignIn {
    do {
      let answer = try await anonymous.post(
        "/v1/auth/refresh", .object(["refreshToken": .string(old.refreshToken)]))
      return try SignInFile.SignIn(answer, now: time.now())
    } catch let failure as Failure where failure.code == .notAllowed {
      throw Failure(
        .notAllowed, "the sign-in of \(old.name) at \(url) has ended",
        hint: "sign in again: `millrace auth login \(old.name)`; or forget it: "
          + "`millrace auth logout`",
        requestID: failure.requestID)
    }
  }
}

extension SignInFile.SignIn {
  /// From the answer to a login or a refresh.
  init(_ answer: Value, now: Moment) throws {
    guard let access = answer["accessToken"]?.string, let refresh = answer["refreshToken"]?.string,
      let name = answer["user"]?.string, let seconds = answer["expiresIn"]?.number,
      (1...86_400).contains(seconds)
    else {
      throw Failure(
        .unreachable, "the answer to the sign-in is none", hint: "is this a Millrace server?")
    }
    self.init(
      name: name, accessToken: access, expiresAt: now + .seconds(seconds), refreshToken: refresh)
  }
}
